import { setTimeout as delay } from 'node:timers/promises';
import { startGuarded, type GuardedProcess, type GuardedProcessOptions } from './guarded-process.ts';

/** What we start is ready within a few seconds; a cold disk or a busy machine takes its time. */
const READY_LIMIT_MS = 60_000;
const LOOK_MS = 20;

/** A process, and how to tell that it can be used. */
export interface ReadyProcessOptions extends GuardedProcessOptions {
  /** As an error calls it. */
  name: string;
  command: readonly string[];
  /** Asked again and again; the process is ready when it resolves for the first time. */
  ready: () => Promise<unknown>;
  /** How it is stopped if it does not get ready; by default as a guarded process is. */
  stop?: (started: GuardedProcess) => Promise<void>;
}

/**
 * Starts a process and returns when it is ready.
 *
 * @throws Error with the end of the process's log, after stopping it.
 */
export async function startReady(options: ReadyProcessOptions): Promise<GuardedProcess> {
  const { name, command, ready, stop = (started: GuardedProcess) => started.stop() } = options;
  const started = startGuarded(command, options);
  const ended = started.exited.then((code) => Promise.reject(new Error(`it ended with exit code ${code}`)));
  const givenUp = new AbortController();
  try {
    await Promise.race([ended, untilReady(ready, givenUp.signal)]);
    return started;
  } catch (error) {
    await stop(started);
    throw new Error(`${name} did not start: ${reasonOf(error)}. The end of its log:\n${started.logTail()}`, {
      cause: error,
    });
  } finally {
    givenUp.abort();
    ended.catch(() => undefined);
  }
}

/** For `ready`: throws unless `url` answers with a status of success. */
export async function answersOk(url: string): Promise<void> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
}

async function untilReady(ready: () => Promise<unknown>, givenUp: AbortSignal): Promise<void> {
  const deadline = Date.now() + READY_LIMIT_MS;
  while (!givenUp.aborted) {
    try {
      await ready();
      return;
    } catch (error) {
      if (Date.now() > deadline) {
        throw new Error(`it was not ready within ${READY_LIMIT_MS / 1000} s (${reasonOf(error)})`, { cause: error });
      }
      await delay(LOOK_MS);
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
