import { setTimeout as delay } from 'node:timers/promises';
import { programEnvironment, PROGRAM_FILE } from '../../test/support/program.ts';
import { freePort } from '../../tools/free-port.ts';
import { startGuarded } from '../../tools/guarded-process.ts';

const READY_LIMIT_MS = 60_000;
const LOOK_MS = 20;

/** A worker in a process of its own. */
export interface BenchWorker {
  pid: number;
  exited: Promise<number>;
  /** What it has written, at most so many last lines. */
  logTail(lines?: number): string;
  stop(): Promise<void>;
}

/**
 * Starts a worker and returns when it polls.
 *
 * @param argv what Node runs; by default `cxone-skills worker`.
 */
export async function startBenchWorker(
  env: Record<string, string>,
  argv: readonly string[] = [PROGRAM_FILE, 'worker'],
): Promise<BenchWorker> {
  const health = `127.0.0.1:${await freePort()}`;
  const guarded = startGuarded([process.execPath, ...argv], {
    logFile: `.data/bench/worker-${health.split(':')[1]}.log`,
    env: programEnvironment({ LOG_LEVEL: 'warn', ...env, HEALTH_ADDRESS: health }),
  });
  const pid = await guarded.pid;
  await untilReady(`http://${health}/readyz`, guarded.exited, () => guarded.logTail());
  return {
    pid: pid ?? 0,
    exited: guarded.exited,
    logTail: (lines) => guarded.logTail(lines),
    stop: () => guarded.stop(),
  };
}

async function untilReady(url: string, exited: Promise<number>, log: () => string): Promise<void> {
  let code: number | undefined;
  void exited.then((given) => {
    code = given;
  });
  const deadline = Date.now() + READY_LIMIT_MS;
  while (!(await answersOk(url))) {
    if (code !== undefined) throw new Error(`the worker ended with exit code ${code}:\n${log()}`);
    if (Date.now() > deadline) throw new Error(`the worker was not ready in time:\n${log()}`);
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
