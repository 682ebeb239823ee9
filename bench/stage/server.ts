import { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../../domain/search-attributes.ts';
import { findTemporal } from '../../tools/temporal/executable.ts';
import { startTemporalServer, type TemporalServer } from '../../tools/temporal/server.ts';

/** Which Temporal server is measured. */
export const SERVER_KINDS = ['embedded'] as const;
export type ServerKind = (typeof SERVER_KINDS)[number];

/** A fresh server with the timers and limits it has by default. */
export async function startServer(kind: ServerKind, say: (line: string) => void): Promise<TemporalServer> {
  const executable = await findTemporal(say);
  return startTemporalServer({
    executable,
    logFile: `.data/bench/temporal-${kind}.log`,
    searchAttributes: SEARCH_ATTRIBUTES,
  });
}

/** What the servers are, with their versions. */
export async function describeServers(
  kinds: readonly ServerKind[],
  say: (line: string) => void,
): Promise<readonly string[]> {
  const described: string[] = [];
  for (const kind of kinds) {
    const server = await startServer(kind, say);
    try {
      const connection = await Connection.connect({ address: server.address });
      const { serverVersion } = await connection.workflowService.getSystemInfo({});
      described.push(`${NAMES[kind]}, server ${serverVersion}`);
      await connection.close();
    } finally {
      await server.stop();
    }
  }
  return described;
}

const NAMES: Record<ServerKind, string> = { embedded: 'embedded (SQLite in memory)' };
