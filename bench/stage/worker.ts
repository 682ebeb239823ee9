import { programEnvironment, PROGRAM_FILE } from '../../test/support/program.ts';
import { freePort } from '../../tools/free-port.ts';
import { answersOk, startReady } from '../../tools/ready-process.ts';

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
  const guarded = await startReady({
    name: 'the worker',
    command: [process.execPath, ...argv],
    logFile: `.data/bench/worker-${health.split(':')[1]}.log`,
    env: programEnvironment({ LOG_LEVEL: 'warn', ...env, HEALTH_ADDRESS: health }),
    ready: () => answersOk(`http://${health}/readyz`),
  });
  return {
    pid: (await guarded.pid) ?? 0,
    exited: guarded.exited,
    logTail: (lines) => guarded.logTail(lines),
    stop: () => guarded.stop(),
  };
}
