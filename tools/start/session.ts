import { demonstrate } from './demonstration.ts';
import { printNextSteps } from './next-steps.ts';
import { setStage, type Stage, type Undo } from './stage.ts';
import { whenToldToStop } from './stop-signal.ts';

export interface SessionOptions {
  /** End after the demonstration. */
  once: boolean;
  /** Of the Web UI; another one is taken if it is in use. */
  uiPort: number;
}

/**
 * Brings everything up, shows one request at work and stays until told to stop. What was started is stopped in reverse
 * order, whatever happens.
 *
 * @returns the exit code: 0, or 1 if something did not work.
 */
export async function runSession(options: SessionOptions): Promise<number> {
  const undo: Undo = [];
  const toldToStop = whenToldToStop();
  try {
    return await Promise.race([toldToStop.then(() => 0), perform(options, undo, toldToStop)]);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    console.log('stopping');
    for (const step of undo.reverse()) await step();
  }
}

async function perform(options: SessionOptions, undo: Undo, toldToStop: Promise<void>): Promise<number> {
  const stage = await setStage(options.uiPort, undo);
  const provisioned = await demonstrate(stage);
  if (options.once) return provisioned ? 0 : 1;
  printNextSteps(stage);
  await keepAWorker(stage, toldToStop);
  return 0;
}

/** A worker that ends, perhaps killed to see what happens, is followed by another. */
async function keepAWorker(stage: Stage, toldToStop: Promise<void>): Promise<void> {
  for (;;) {
    const mayGoOn = await Promise.race([toldToStop.then(() => false), stage.worker.exited.then(() => true)]);
    if (!mayGoOn) return;
    await stage.replaceWorker();
    console.log(`the worker has ended; process ${stage.worker.pid ?? '?'} goes on with its work`);
  }
}
