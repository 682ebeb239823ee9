import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const guard = fileURLToPath(new URL('guard.mjs', import.meta.url));

export interface GuardedProcess {
  /** Resolves when the process has ended, with its exit code. */
  exited: Promise<number>;
  /** Asks the process to end (SIGTERM, later SIGKILL) and waits until it has. */
  stop(): Promise<void>;
  /** The last lines of what it wrote. */
  logTail(lines?: number): string;
}

/**
 * Runs a command in a session of its own, so that Ctrl-C in the terminal reaches only us and we choose the order in
 * which things stop. It ends with this process, however that ends, and does not keep this process alive.
 *
 * @param logFile receives both output streams; overwritten.
 */
export function startGuarded(
  command: readonly string[],
  options: { logFile: string; env?: NodeJS.ProcessEnv },
): GuardedProcess {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'w');
  const child = spawn(process.execPath, [guard, ...command], {
    stdio: ['pipe', log, log],
    detached: true,
    env: options.env ?? process.env,
  });
  closeSync(log);
  child.unref();
  if (child.stdin instanceof Socket) child.stdin.unref();
  const exited = new Promise<number>((resolve) => {
    child.once('exit', (code) => resolve(code ?? 1)).once('error', () => resolve(127));
  });
  return {
    exited,
    async stop() {
      child.ref();
      child.stdin?.destroy();
      await exited;
    },
    logTail: (lines = 20) => readFileSync(options.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n'),
  };
}
