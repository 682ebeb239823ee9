import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const guard = fileURLToPath(new URL('guard.mjs', import.meta.url));

export interface GuardedProcess {
  /** The process id, once it runs; undefined if it never did. */
  pid: Promise<number | undefined>;
  /** Resolves with the exit code when the process has ended; 128 if a signal ended it. */
  exited: Promise<number>;
  /** Asks the process to end (SIGTERM, later SIGKILL) and waits until it has. */
  stop(): Promise<void>;
  /** The last lines of what it wrote. */
  logTail(lines?: number): string;
}

export interface GuardedProcessOptions {
  /** Receives both output streams; overwritten. */
  logFile: string;
  /** The environment; ours if not given. */
  env?: NodeJS.ProcessEnv;
  /** The working directory; ours if not given. */
  cwd?: string;
}

/**
 * Runs a command in a session of its own, so that Ctrl-C in the terminal reaches only us and we choose the order in
 * which things stop. It ends with this process, however that ends, and does not keep this process alive.
 */
export function startGuarded(command: readonly string[], options: GuardedProcessOptions): GuardedProcess {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'w');
  const child = spawn(process.execPath, [guard, ...command], {
    stdio: ['ignore', log, log, 'ipc'],
    detached: true,
    env: options.env ?? process.env,
    cwd: options.cwd ?? process.cwd(),
  });
  closeSync(log);
  child.unref();
  child.channel?.unref();
  const exited = new Promise<number>((resolve) => {
    child.once('exit', (code) => resolve(code ?? 128)).once('error', () => resolve(127));
  });
  const started = new Promise<number>((resolve) => {
    child.once('message', (pid) => resolve(Number(pid)));
  });
  return {
    pid: Promise.race([started, exited.then(() => undefined)]),
    exited,
    async stop() {
      child.ref();
      if (child.connected) child.disconnect();
      await exited;
    },
    logTail: (lines = 20) => readFileSync(options.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n'),
  };
}
