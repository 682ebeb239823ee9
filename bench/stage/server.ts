import { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../../domain/search-attributes.ts';
import { startPostgres } from '../../tools/postgres.ts';
import { findTemporal } from '../../tools/temporal/executable.ts';
import { startPostgresServer } from '../../tools/temporal/postgres-server.ts';
import { startTemporalServer } from '../../tools/temporal/server.ts';

/** Which Temporal server is measured. */
export const SERVER_KINDS = ['embedded', 'postgresql'] as const;
export type ServerKind = (typeof SERVER_KINDS)[number];

/** A server of ours. */
export interface BenchServer {
  /** `host:port` of the gRPC service. */
  address: string;
  stop(): Promise<void>;
}

/** A fresh server with the timers and limits it has by default. */
export async function startServer(kind: ServerKind, say: (line: string) => void): Promise<BenchServer> {
  const logFile = `.data/bench/temporal-${kind}.log`;
  if (kind === 'postgresql') return startOnPostgres(logFile, say);
  const executable = await findTemporal(say);
  return startTemporalServer({ executable, logFile, searchAttributes: SEARCH_ATTRIBUTES });
}

/** What the servers are, with their versions. */
export async function describeServers(
  kinds: readonly ServerKind[],
  say: (line: string) => void,
): Promise<readonly string[]> {
  const described: string[] = [];
  for (const kind of kinds) {
    const server = await startServer(kind, say);
    const connection = await Connection.connect({ address: server.address });
    try {
      const { serverVersion } = await connection.workflowService.getSystemInfo({});
      described.push(`${NAMES[kind]}, server ${serverVersion}`);
    } finally {
      await connection.close();
      await server.stop();
    }
  }
  return described;
}

const NAMES: Record<ServerKind, string> = {
  embedded: 'embedded (development server, SQLite in memory)',
  postgresql: 'PostgreSQL-backed (four services in one process)',
};

async function startOnPostgres(logFile: string, report: (line: string) => void): Promise<BenchServer> {
  const postgres = await startPostgres();
  try {
    const server = await startPostgresServer({ postgresUrl: postgres.url, logFile, report });
    return {
      address: server.address,
      async stop() {
        await server.stop();
        await server.removeData();
        await postgres.stop();
      },
    };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}
