import { setTimeout as delay } from 'node:timers/promises';
import { startGuarded } from '../guarded-process.ts';

/** A worker is ready within a few seconds of its server; a busy machine takes its time. */
const READY_LIMIT_MS = 60_000;
const POLL_MS = 100;

export interface WorkerProcess {
  pid: number | undefined;
  /** Resolves when the process has ended. */
  exited: Promise<number>;
  stop(): Promise<void>;
}

/**
 * Starts `cxone-skills worker` as a process of its own and returns when it is ready.
 *
 * @param env needs `HEALTH_ADDRESS`.
 * @throws Error with the end of the worker's log.
 */
export async function startWorker(env: Record<string, string>, logFile: string): Promise<WorkerProcess> {
  const command = [process.execPath, 'bin/cxone-skills.js', 'worker'];
  const worker = startGuarded(command, { logFile, env: { ...inheritedEnvironment(), ...env } });
  const ended = worker.exited.then((code) => Promise.reject(new Error(`it ended with exit code ${code}`)));
  try {
    await Promise.race([ended, untilReady(`http://${env['HEALTH_ADDRESS']}/readyz`)]);
  } catch (error) {
    await worker.stop();
    throw new Error(`the worker did not start: ${reasonOf(error)}. The end of its log:\n${worker.logTail()}`, {
      cause: error,
    });
  }
  return { pid: await worker.pid, exited: worker.exited, stop: () => worker.stop() };
}

/** What the user's shell has set for another worker must not reach this one; Temporal's own settings may be meant. */
function inheritedEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env);
  return Object.fromEntries(entries.filter(([name]) => !/^(CXONE|PROVISIONING)_/.test(name)));
}

async function untilReady(url: string): Promise<void> {
  const deadline = Date.now() + READY_LIMIT_MS;
  while (!(await answersOk(url))) {
    if (Date.now() > deadline) throw new Error(`${url} was not ready within ${READY_LIMIT_MS / 1000} s`);
    await delay(POLL_MS);
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

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
