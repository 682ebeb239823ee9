import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../../domain/search-attributes.ts';
import { provideTemporal } from '../../tools/temporal/provide.ts';
import { PROMPT_TIMERS } from '../../tools/temporal/server.ts';

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

/** A client of the test server, closed when the test ends. */
export async function connect(t: TestContext, options: { namespace?: string } = {}): Promise<Client> {
  const connection = await Connection.connect({ address: await temporalAddress() });
  t.after(() => connection.close());
  return new Client({ connection, ...options });
}

/** A name nobody else uses, for a task queue, an agent or a namespace. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`;
}
