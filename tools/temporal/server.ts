import { freePort } from '../free-port.ts';
import { startServing } from './serving.ts';

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

/**
 * Starts a development server on the loopback interface and returns when it serves its namespaces. The server ends with
 * this process and does not keep it alive.
 *
 * @throws Error with the end of the server's log.
 */
export async function startTemporalServer(options: TemporalServerOptions): Promise<TemporalServer> {
  const namespaces = ['default', ...(options.namespace === undefined ? [] : [options.namespace])];
  let uiPort: number | undefined;
  const { address, process } = await startServing(
    async () => {
      const port = await freePort(options.port);
      uiPort = options.uiPort === undefined ? undefined : await freePort(options.uiPort);
      return { command: [options.executable, ...flags(options, port, uiPort)], address: `127.0.0.1:${port}` };
    },
    {
      logFile: options.logFile,
      ready: ({ workflowService }) =>
        Promise.all(namespaces.map((namespace) => workflowService.describeNamespace({ namespace }))),
    },
  );
  return {
    address,
    ...(uiPort !== undefined && { uiUrl: `http://127.0.0.1:${uiPort}` }),
    stop: () => process.stop(),
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
