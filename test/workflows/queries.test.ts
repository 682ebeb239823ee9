import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { submitRequestUpdate } from '../../workflows/provision-skill.messages.ts';
import { assign, startStack } from '../support/stack.ts';

const SHIPPED = fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url));

async function untilTimerFired(handle: WorkflowHandle): Promise<void> {
  for (;;) {
    const { events } = await handle.fetchHistory();
    if (events?.some((event) => event.timerFiredEventAttributes != null)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('a query that a new worker gets before the task it comes with does not lead the run astray', async (t) => {
  const s = await startStack(t, { policy: { conflictWait: '2s' } });
  s.simulator.addFault({ on: 'patchAgent', nth: 1, do: { kind: 'answer', status: 412 } });
  const first = await s.client.submit(s.request());
  await s.until(({ waitingFor }) => waitingFor === 'conflict');
  await s.stopWorker();

  const handle = s.temporal.workflow.getHandle(s.workflowId);
  const asked = Array.from({ length: 5 }, () => s.client.status(s.agentId));
  await untilTimerFired(handle);
  const second = s.request({ changes: [assign('skill-chat', 2)] });
  const joined = handle.executeUpdate(submitRequestUpdate, { args: [second] });
  await s.startWorker();

  for (const { state } of await Promise.all(asked)) assert.notEqual(state, 'Unknown');
  await joined;
  for (const settled of [await first.result(), await s.client.provision(second)]) {
    assert.ok(settled.kind === 'ended');
    assert.equal(settled.outcome.status, 'provisioned');
  }
  const workflowBundle = { codePath: SHIPPED };
  await Worker.runReplayHistory({ workflowBundle }, await handle.fetchHistory(), s.workflowId);
  await s.finish();
});
