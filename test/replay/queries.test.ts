import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Client, WorkflowHandle } from '@temporalio/client';
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type WorkflowBundle,
} from '@temporalio/worker';
import { connect, temporalAddress, uniqueName } from '../support/temporal.ts';

const WORKFLOW = fileURLToPath(new URL('./clock-workflow.ts', import.meta.url));
const INTERCEPTOR = fileURLToPath(new URL('../../workflows/complete-tasks-only.ts', import.meta.url));

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

type Happening = 'timerStarted' | 'timerFired' | 'workflowTaskTimedOut';

async function untilAll(handles: readonly WorkflowHandle[], what: Happening): Promise<void> {
  for (const handle of handles) {
    for (;;) {
      const { events } = await handle.fetchHistory();
      if (events?.some((event) => event[`${what}EventAttributes`] != null) === true) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function startRuns(temporal: Client, taskQueue: string, runs: number, args: number[]) {
  const options = { taskQueue, args, workflowTaskTimeout: '2s' } as const;
  return Promise.all(
    Array.from({ length: runs }, () =>
      temporal.workflow.start('clockWorkflow', { ...options, workflowId: uniqueName('clock') }),
    ),
  );
}

/** Takes the next workflow task, as a worker does that dies with it. Queries it meets are lost with it. */
async function loseTask(temporal: Client, taskQueue: string): Promise<void> {
  const { workflowService } = temporal;
  const request = { namespace: 'default', taskQueue: { name: taskQueue }, identity: 'a worker that dies' };
  const poll = () => workflowService.pollWorkflowTaskQueue(request);
  for (;;) {
    const { query, taskToken } = await temporal.withDeadline(Date.now() + 60_000, poll);
    if (query == null && taskToken.length > 0) return;
  }
}

async function assertAllEnd(handles: readonly WorkflowHandle[], workflowBundle: WorkflowBundle): Promise<void> {
  for (const handle of handles) {
    assert.equal(await handle.result(), 1);
    await Worker.runReplayHistory({ workflowBundle }, await handle.fetchHistory(), handle.workflowId);
  }
}

test('a query that a new worker gets before the task it comes with does not lead a run astray', async (t) => {
  const taskQueue = uniqueName('queue');
  const temporal = await connect({ address: await temporalAddress() });
  const { start, stop, workflowBundle } = await workersFor(t, taskQueue);
  await start();
  const handles = await startRuns(temporal, taskQueue, 8, [3_000]);
  await untilAll(handles, 'timerStarted');
  await stop();
  // Nobody answers yet; each is refused or answered once a worker is there.
  const asked = Promise.allSettled(handles.map((handle) => handle.query<number>('sleeps')));
  await untilAll(handles, 'timerFired');
  await start();
  await asked;
  await assertAllEnd(handles, workflowBundle);
});

test('a query that comes with the start of a task that was lost does not lead a run astray', async (t) => {
  const temporal = await connect({ address: await temporalAddress() });
  // Several, as it is left to chance whether the worker that dies takes all queries with it.
  const attempts = Array.from({ length: 5 }, async () => {
    const taskQueue = uniqueName('queue');
    const { start, stop, workflowBundle } = await workersFor(t, taskQueue);
    await start();
    // By the start of the lost task there is something left to sleep, by that of its repeat there is not.
    const handles = await startRuns(temporal, taskQueue, 1, [4_000, 3_000]);
    await untilAll(handles, 'timerStarted');
    await stop();
    const ask = (handle: WorkflowHandle) => handle.query<number>('sleeps').catch((error: unknown) => error);
    void temporal.withDeadline(Date.now() + 10_000, () =>
      Promise.all(Array.from({ length: 4 }, () => handles.map(ask)).flat()),
    );
    await untilAll(handles, 'timerFired');
    await loseTask(temporal, taskQueue);
    await untilAll(handles, 'workflowTaskTimedOut');
    await start();
    await assertAllEnd(handles, workflowBundle);
  });
  await Promise.all(attempts);
});
