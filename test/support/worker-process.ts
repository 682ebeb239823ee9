import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { PROGRAM_FILE, programEnvironment } from './program.ts';

/** A worker in a process of its own. */
export interface WorkerProcess {
  /** Part of its identity and of its User-Agent. */
  pid: number;
  /** Everything it has said so far on standard error. */
  said(): string;
  /** And on standard output, where nothing belongs. */
  printed(): string;
  /** Resolves once it has said this; rejects with all it said if it ends before. */
  untilSaid(text: string): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** The exit code, or the name of the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>;
}

/**
 * Starts `cxone-skills worker`, or what Node is told by `argv` instead, with these variables and no others of ours or
 * Temporal's; it is killed when the test ends.
 */
export function startWorkerProcess(
  t: TestContext,
  env: Record<string, string>,
  argv: readonly string[] = [PROGRAM_FILE, 'worker'],
): WorkerProcess {
  const child = spawn(process.execPath, argv, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: programEnvironment(env),
  });
  let text = '';
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    printed += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('the process could not be started');
  return {
    pid,
    said: () => text,
    printed: () => printed,
    async untilSaid(wanted) {
      const early = ended.then((code) => {
        if (!text.includes(wanted)) throw new Error(`the worker ended with ${code} after saying:\n${text}`);
      });
      early.catch(() => undefined);
      while (!text.includes(wanted)) await Promise.race([once(child.stderr, 'data'), early]);
    },
    signal: (signal) => child.kill(signal),
    ended,
  };
}
