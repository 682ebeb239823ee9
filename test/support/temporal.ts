import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { SEARCH_ATTRIBUTES } from '../../domain/search-attributes.ts';
import { findTemporal } from '../../tools/temporal/executable.ts';
import { provideTemporal } from '../../tools/temporal/provide.ts';
import { PROMPT_TIMERS, startTemporalServer } from '../../tools/temporal/server.ts';

let started: Promise<string> | undefined;

/**
 * `host:port` of the Temporal server of this run: the one `npm test` started for all files, or one of this process when
 * a test file is run by hand. It has our search attributes in the namespace `default`, its timers are prompt, and it
 * ends with the process.
 */
export function temporalAddress(): Promise<string> {
  started ??= startForTests();
  return started;
}

async function startForTests(): Promise<string> {
  const { address } = await provideTemporal(
    {
      logFile: `test-evidence/temporal-${process.pid}.log`,
      dynamicConfig: PROMPT_TIMERS,
      searchAttributes: SEARCH_ATTRIBUTES,
    },
    (line) => process.stderr.write(`${line}\n`),
  );
  return address;
}

let shortHistories: Promise<string> | undefined;

/**
 * `host:port` of a server of this process that suggests to continue as new after some 40 events, where others do after
 * thousands. It ends with the process.
 */
export function shortHistoriesAddress(): Promise<string> {
  shortHistories ??= startWithShortHistories();
  return shortHistories;
}

async function startWithShortHistories(): Promise<string> {
  const { address } = await startTemporalServer({
    executable: await findTemporal((line) => process.stderr.write(`${line}\n`)),
    logFile: `test-evidence/temporal-short-${process.pid}.log`,
    dynamicConfig: { ...PROMPT_TIMERS, 'limit.historyCount.suggestContinueAsNew': 40 },
    searchAttributes: SEARCH_ATTRIBUTES,
  });
  return address;
}

const connections = new Map<string, Promise<Connection>>();

/**
 * A client of a test server. Connections are shared and stay open until the process ends: a call that is given up can
 * still have a retry planned, and that retry fails loudly on a closed connection.
 */
export async function connect(
  options: { namespace?: string; address?: string; dataConverter?: DataConverter } = {},
): Promise<Client> {
  const { address = await temporalAddress(), ...rest } = options;
  const connection = connections.get(address) ?? Connection.connect({ address });
  connections.set(address, connection);
  return new Client({ connection: await connection, ...rest });
}

/** A name nobody else uses, for a task queue, an agent or a namespace. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`;
}
