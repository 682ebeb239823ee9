import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { connect, temporalAddress, uniqueName } from '../support/temporal.ts';

const WORKFLOW = fileURLToPath(new URL('./clock-workflow.ts', import.meta.url));
const INTERCEPTOR = fileURLToPath(new URL('../../workflows/complete-tasks-only.ts', import.meta.url));
const RUNS = 8;

Runtime.install({ logger: new DefaultLogger('ERROR') });

/** Starts workers, one after another; the last one ends with the test. */
async function workersFor(t: TestContext, taskQueue: string) {
  const connection = await NativeConnection.connect({ address: await temporalAddress() });
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: WORKFLOW,
    workflowInterceptorModules: [INTERCEPTOR],
    logger: new DefaultLogger('ERROR'),
  });
  let stop = (): Promise<void> => Promise.resolve();
  t.after(async () => {
    await stop();
    await connection.close();
  });
  const start = async (): Promise<void> => {
    const worker = await Worker.create({ connection, taskQueue, workflowBundle });
    const running = worker.run();
    stop = async () => {
      worker.shutdown();
      await running;
    };
  };
  return { start, stop: () => stop(), workflowBundle };
}

async function untilAll(handles: readonly WorkflowHandle[], what: 'timerStarted' | 'timerFired'): Promise<void> {
  for (const handle of handles) {
    for (;;) {
      const { events } = await handle.fetchHistory();
      if (events?.some((event) => event[`${what}EventAttributes`] != null) === true) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function startRuns(temporal: Client, taskQueue: string) {
  return Promise.all(
    Array.from({ length: RUNS }, () =>
      temporal.workflow.start('clockWorkflow', { taskQueue, workflowId: uniqueName('clock'), args: [3_000] }),
    ),
  );
}

test('a query that a new worker gets before the task it comes with does not lead a run astray', async (t) => {
  const taskQueue = uniqueName('queue');
  const temporal = await connect({ address: await temporalAddress() });
  const { start, stop, workflowBundle } = await workersFor(t, taskQueue);
  await start();
  const handles = await startRuns(temporal, taskQueue);
  await untilAll(handles, 'timerStarted');
  await stop();
  // Nobody answers yet; each is refused or answered once a worker is there.
  const asked = Promise.allSettled(handles.map((handle) => handle.query<number>('sleeps')));
  await untilAll(handles, 'timerFired');
  await start();
  await asked;
  for (const handle of handles) {
    assert.equal(await handle.result(), 1);
    await Worker.runReplayHistory({ workflowBundle }, await handle.fetchHistory(), handle.workflowId);
  }
});
