import { Connection } from '@temporalio/client';
import type { GuardedProcess } from '../guarded-process.ts';
import { startReady } from '../ready-process.ts';

/** How to start a server, decided anew for each try. */
export interface ServerStart {
  command: readonly string[];
  /** `host:port` of its gRPC service. */
  address: string;
}

export interface ServingOptions {
  logFile: string;
  /** Asked again and again; the server serves when it resolves for the first time. */
  ready: (connection: Connection) => Promise<unknown>;
}

/** A server that serves. */
export interface ServingProcess {
  address: string;
  process: GuardedProcess;
}

const ANSWER_MS = 1_000;
const ATTEMPTS = 3;

/**
 * Starts a Temporal server and returns when it serves. It ends with this process and does not keep it alive.
 *
 * @throws Error with the end of the server's log.
 */
export async function startServing(
  prepare: () => Promise<ServerStart>,
  options: ServingOptions,
): Promise<ServingProcess> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(await prepare(), options);
    } catch (error) {
      if (!mayPass(error) || attempt === ATTEMPTS) throw error;
    }
  }
}

/**
 * Another process may have taken the port between the look and the start. And a development server can crash (Go's exit
 * code 2) over a database file that the one before it, which was ended, has not let go of.
 */
function mayPass(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.message.includes('address already in use') || error.message.includes('ended with exit code 2.');
}

async function startOnce({ command, address }: ServerStart, options: ServingOptions): Promise<ServingProcess> {
  const connection = Connection.lazy({ address });
  try {
    const process = await startReady({
      name: 'Temporal',
      command,
      logFile: options.logFile,
      ready: () => connection.withDeadline(Date.now() + ANSWER_MS, () => options.ready(connection)),
    });
    return { address, process };
  } finally {
    await connection.close();
  }
}
