import { setTimeout as delay } from 'node:timers/promises';
import { startGuarded, type GuardedProcess, type GuardedProcessOptions } from './guarded-process.ts';

/** What we start is ready within a few seconds; a busy machine takes its time. */
const READY_LIMIT_MS = 60_000;
const LOOK_MS = 20;

/**
 * Starts a process and returns when `readyUrl` answers with a status of success; until then it is stopped if anything
 * goes wrong.
 *
 * @throws Error that says so, with the end of the process's log.
 */
export async function startReady(
  command: readonly string[],
  options: GuardedProcessOptions,
  readyUrl: string,
): Promise<GuardedProcess> {
  const guarded = startGuarded(command, options);
  const ended = guarded.exited.then((code) => Promise.reject(new Error(`it ended with exit code ${code}`)));
  try {
    await Promise.race([ended, untilReady(readyUrl)]);
    return guarded;
  } catch (error) {
    await guarded.stop();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`the process did not start: ${reason}. The end of its log:\n${guarded.logTail()}`, {
      cause: error,
    });
  } finally {
    ended.catch(() => undefined);
  }
}

async function untilReady(url: string): Promise<void> {
  const deadline = Date.now() + READY_LIMIT_MS;
  while (!(await answersOk(url))) {
    if (Date.now() > deadline) throw new Error(`${url} was not ready within ${READY_LIMIT_MS / 1000} s`);
    await delay(LOOK_MS);
  }
}

async function answersOk(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}
