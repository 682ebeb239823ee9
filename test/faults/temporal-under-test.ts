import { SEARCH_ATTRIBUTES } from '../../domain/search-attributes.ts';
import { findTemporal } from '../../tools/temporal/executable.ts';
import { PROMPT_TIMERS, startTemporalServer } from '../../tools/temporal/server.ts';

/** A Temporal server that keeps what it has when it is restarted. */
export interface RestartableTemporal {
  /** `host:port`; another one after a restart if the old port is not free yet. */
  readonly address: string;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a development server on a database file in `folder`. */
export async function startRestartableTemporal(folder: string): Promise<RestartableTemporal> {
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
