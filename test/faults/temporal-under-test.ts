import { SEARCH_ATTRIBUTES } from '../../domain/search-attributes.ts';
import { findTemporal } from '../../tools/temporal/executable.ts';
import { startPostgres } from '../../tools/postgres.ts';
import { startPostgresServer } from '../../tools/temporal/postgres-server.ts';
import { PROMPT_TIMERS, startTemporalServer } from '../../tools/temporal/server.ts';

/** A Temporal server that keeps what it has when it is restarted. */
export interface RestartableTemporal {
  /** `host:port`; another one after a restart if the old port is not free yet. */
  readonly address: string;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A development server on a database file, or the production server on a PostgreSQL. */
export const SERVER_KINDS = ['embedded', 'postgresql'] as const;
export type ServerKind = (typeof SERVER_KINDS)[number];

/** Starts one; its logs go into `folder`. */
export async function startRestartableTemporal(kind: ServerKind, folder: string): Promise<RestartableTemporal> {
  return kind === 'embedded' ? startEmbedded(folder) : startOnPostgres(folder);
}

async function startOnPostgres(folder: string): Promise<RestartableTemporal> {
  const postgres = await startPostgres();
  try {
    const server = await startPostgresServer({
      postgresUrl: postgres.url,
      logFile: `${folder}/temporal.log`,
      dynamicConfig: PROMPT_TIMERS,
      report: (line) => process.stderr.write(`${line}\n`),
    });
    return {
      address: server.address,
      restart: () => server.restart(),
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

async function startEmbedded(folder: string): Promise<RestartableTemporal> {
  const executable = await findTemporal((line) => process.stderr.write(`${line}\n`));
  const options = {
    executable,
    dbFile: `${folder}/temporal.db`,
    dynamicConfig: PROMPT_TIMERS,
    searchAttributes: SEARCH_ATTRIBUTES,
  };
  let starts = 0;
  const start = () => startTemporalServer({ ...options, logFile: `${folder}/temporal-${(starts += 1)}.log` });
  let server = await start();
  return {
    get address() {
      return server.address;
    },
    async restart() {
      await server.stop();
      server = await start();
    },
    stop: () => server.stop(),
  };
}
