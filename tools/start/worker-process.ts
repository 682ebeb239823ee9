import { answersOk, startReady } from '../ready-process.ts';

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
  const worker = await startReady({
    name: 'the worker',
    command: [process.execPath, 'bin/cxone-skills.js', 'worker'],
    logFile,
    env: { ...inheritedEnvironment(), ...env },
    ready: () => answersOk(`http://${env['HEALTH_ADDRESS']}/readyz`),
  });
  return { pid: await worker.pid, exited: worker.exited, stop: () => worker.stop() };
}

/** What the user's shell has set for another worker must not reach this one; Temporal's own settings may be meant. */
function inheritedEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env);
  return Object.fromEntries(entries.filter(([name]) => !/^(CXONE|PROVISIONING)_/.test(name)));
}
