import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { freePort } from '../free-port.ts';
import { startGuarded, type GuardedProcess } from '../guarded-process.ts';

export interface TemporalServerOptions {
  /** The `temporal` binary. */
  executable: string;
  /** Where the server's output goes; it is the evidence when something fails. */
  logFile: string;
  /** Keeps everything in this SQLite file; without it everything is in memory. */
  dbFile?: string;
  /** Tried first; a free one is taken where it is in use. */
  port?: number;
  /** Serves the Web UI, at this port if it is free. Without it there is none. */
  uiPort?: number;
  /** The values are JSON, so that a string keeps its quotes. */
  dynamicConfig?: Readonly<Record<string, string | number | boolean>>;
  /** Registered in each namespace before it serves; types as in `domain/search-attributes.ts`. */
  searchAttributes?: Readonly<Record<string, keyof typeof ATTRIBUTE_TYPES>>;
  /** Created beside `default`. */
  namespace?: string;
}

export interface TemporalServer {
  /** `host:port` of the gRPC service. */
  address: string;
  uiUrl?: string;
  stop(): Promise<void>;
}

/** Timers fire within milliseconds instead of up to a second late. For tests. */
export const PROMPT_TIMERS = {
  'history.timerProcessorMaxTimeShift': '1ms',
  'history.timerProcessorMaxPollRPS': 100_000,
} as const;

const ATTRIBUTE_TYPES = {
  KEYWORD: 'Keyword',
  KEYWORD_LIST: 'KeywordList',
  DATETIME: 'Datetime',
  TEXT: 'Text',
  INT: 'Int',
  DOUBLE: 'Double',
  BOOL: 'Bool',
} as const;

/** It serves after one to two seconds; a cold disk or a busy machine takes its time. */
const START_LIMIT_MS = 60_000;
const ATTEMPTS = 3;

/**
 * Starts a development server on the loopback interface and returns when it serves its namespaces. The server ends with
 * this process and does not keep it alive.
 *
 * @throws Error with the end of the server's log.
 */
export async function startTemporalServer(options: TemporalServerOptions): Promise<TemporalServer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options);
    } catch (error) {
      // Another process may have taken the port between the look and the start.
      const portTaken = error instanceof Error && error.message.includes('address already in use');
      if (!portTaken || attempt === ATTEMPTS) throw error;
    }
  }
}

async function startOnce(options: TemporalServerOptions): Promise<TemporalServer> {
  const port = await freePort(options.port);
  const uiPort = options.uiPort === undefined ? undefined : await freePort(options.uiPort);
  const address = `127.0.0.1:${port}`;
  const server = startGuarded([options.executable, ...flags(options, port, uiPort)], { logFile: options.logFile });
  try {
    await untilServing(address, ['default', ...(options.namespace === undefined ? [] : [options.namespace])], server);
  } catch (error) {
    await server.stop();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Temporal did not start: ${reason}. The end of its log:\n${server.logTail()}`, { cause: error });
  }
  return {
    address,
    ...(uiPort !== undefined && { uiUrl: `http://127.0.0.1:${uiPort}` }),
    stop: () => server.stop(),
  };
}

function flags(options: TemporalServerOptions, port: number, uiPort: number | undefined): string[] {
  const attributes = Object.entries(options.searchAttributes ?? {});
  const dynamicConfig = Object.entries(options.dynamicConfig ?? {});
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port)],
    ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort), '--ui-disable-news-fetch']),
    ...(options.dbFile === undefined ? [] : ['--db-filename', options.dbFile]),
    ...(options.namespace === undefined ? [] : ['--namespace', options.namespace]),
    ...attributes.flatMap(([name, type]) => ['--search-attribute', `${name}=${ATTRIBUTE_TYPES[type]}`]),
    ...dynamicConfig.flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${JSON.stringify(value)}`]),
    ...['--disable-config-file', '--disable-config-env', '--color', 'never'],
  ];
}

async function untilServing(address: string, namespaces: readonly string[], server: GuardedProcess): Promise<void> {
  const deadline = AbortSignal.timeout(START_LIMIT_MS);
  const ended = server.exited.then((code) => Promise.reject(new Error(`it ended with exit code ${code}`)));
  await Promise.race([ended, whenReady(address, namespaces, deadline)]);
}

async function whenReady(address: string, namespaces: readonly string[], deadline: AbortSignal): Promise<void> {
  const connection = Connection.lazy({ address });
  try {
    for (const namespace of namespaces) {
      while (!(await isServed(connection, namespace))) {
        if (deadline.aborted) throw new Error(`no answer at ${address} within ${START_LIMIT_MS / 1000} s`);
        await delay(50);
      }
    }
  } finally {
    await connection.close();
  }
}

async function isServed(connection: Connection, namespace: string): Promise<boolean> {
  try {
    await connection.withDeadline(Date.now() + 1_000, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
    return true;
  } catch {
    return false;
  }
}
