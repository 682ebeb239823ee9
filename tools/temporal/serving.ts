import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { startGuarded, type GuardedProcess } from '../guarded-process.ts';

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

/** It serves after one to two seconds; a cold disk or a busy machine takes its time. */
const START_LIMIT_MS = 60_000;
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
      // Another process may have taken the port between the look and the start.
      const portTaken = error instanceof Error && error.message.includes('address already in use');
      if (!portTaken || attempt === ATTEMPTS) throw error;
    }
  }
}

async function startOnce({ command, address }: ServerStart, options: ServingOptions): Promise<ServingProcess> {
  const server = startGuarded(command, { logFile: options.logFile });
  try {
    await untilServing(address, options.ready, server);
  } catch (error) {
    await server.stop();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Temporal did not start: ${reason}. The end of its log:\n${server.logTail()}`, { cause: error });
  }
  return { address, process: server };
}

async function untilServing(address: string, ready: ServingOptions['ready'], server: GuardedProcess): Promise<void> {
  const deadline = AbortSignal.timeout(START_LIMIT_MS);
  const ended = server.exited.then((code) => Promise.reject(new Error(`it ended with exit code ${code}`)));
  const connection = Connection.lazy({ address });
  try {
    await Promise.race([ended, whenReady(connection, ready, deadline)]);
  } finally {
    await connection.close();
  }
}

async function whenReady(connection: Connection, ready: ServingOptions['ready'], deadline: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await connection.withDeadline(Date.now() + ANSWER_MS, () => ready(connection));
      return;
    } catch (error) {
      if (deadline.aborted) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`it did not serve within ${START_LIMIT_MS / 1000} s (${reason})`, { cause: error });
      }
      await delay(50);
    }
  }
}
