import { randomUUID } from 'node:crypto';
import type { Stage } from '../stage/stage.ts';
import { startBenchWorker, type BenchWorker } from '../stage/worker.ts';

/** The bare workflow with a worker of its own, on the server of a stage. */
export interface Bare {
  worker: BenchWorker;
  /** Runs it once, to its end. */
  run(): Promise<void>;
  stop(): Promise<void>;
}

export async function startBare({ address, temporal }: Stage): Promise<Bare> {
  const taskQueue = `bare-${randomUUID().slice(0, 8)}`;
  const env = { TEMPORAL_ADDRESS: address, PROVISIONING_TASK_QUEUE: taskQueue };
  const worker = await startBenchWorker(env, ['--import', 'tsx', 'bench/bare/main.ts']);
  return {
    worker,
    async run() {
      await temporal.workflow.execute('BareWorkflow', { taskQueue, workflowId: `bare-${randomUUID()}` });
    },
    stop: () => worker.stop(),
  };
}
