import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import proto from '@temporalio/proto';
import { PayloadRefusedError } from '../../payloads/refusal.ts';
import { newKey, payloadKeysFile } from '../support/payload-keys.ts';
import {
  connectWith,
  PLANTED,
  startedInput,
  startPlace,
  startPlaceWorker,
  type Place,
} from '../support/payload-place.ts';
import { connect, uniqueName } from '../support/temporal.ts';

test('an argument that was moved from another workflow is refused by the worker, and the history says why', async (t) => {
  const place = await startPlace(t);
  const from = await place.start({ text: PLANTED });
  await from.result();
  const [moved] = (await startedInput(place, from.workflowId)) ?? [];
  const to = uniqueName('place');
  await startRaw(place, to, moved ?? assert.fail());
  t.after(() => place.raw.workflow.getHandle(to).terminate());
  const message = await failedTask(place, to);
  assert.match(message, new RegExp(`A payload of workflow "${to}".*belongs to workflow "${from.workflowId}"`));
});

test('a signal and an activity result that were moved are refused by the worker', async (t) => {
  const place = await startPlace(t);
  const { raw } = place;
  const from = await place.start({ text: PLANTED, step: 'activity' });
  await from.result();
  const [moved = assert.fail()] = (await startedInput(place, from.workflowId)) ?? [];
  const signalled = await place.start({ text: PLANTED, step: 'wait' });
  await raw.workflowService.signalWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: signalled.workflowId },
    signalName: 'note',
    input: { payloads: [moved] },
  });
  t.after(() => signalled.terminate());
  assert.match(await failedTask(place, signalled.workflowId), /belongs to workflow/);

  const target = uniqueName('foreign');
  const working = await place.start({ text: PLANTED, step: 'foreign-activity', target });
  t.after(() => working.terminate());
  const poll = { namespace: 'default', taskQueue: { name: target } };
  const task = await raw.withDeadline(Date.now() + 60_000, () => raw.workflowService.pollActivityTaskQueue(poll));
  const { taskToken } = task;
  const result = { payloads: [moved] };
  await raw.workflowService.respondActivityTaskCompleted({ namespace: 'default', taskToken, result });
  assert.match(await failedTask(place, working.workflowId), /belongs to workflow/);
});

test('a result and a memo that were moved are refused by the client, and so is a wrong or a missing key', async (t) => {
  const place = await startPlace(t, { worker: false });
  const { client, raw, taskQueue } = place;
  const from = await place.start({ text: PLANTED }, { memo: { text: PLANTED }, taskQueue: uniqueName('nobody') });
  t.after(() => from.terminate());
  const [moved = assert.fail()] = (await startedInput(place, from.workflowId)) ?? [];
  const to = uniqueName('place');
  await startRaw(place, to, moved, { text: moved });
  const poll = { namespace: 'default', taskQueue: { name: taskQueue } };
  const task = await raw.withDeadline(Date.now() + 60_000, () => raw.workflowService.pollWorkflowTaskQueue(poll));
  await raw.workflowService.respondWorkflowTaskCompleted({
    namespace: 'default',
    taskToken: task.taskToken,
    commands: [
      {
        commandType: proto.temporal.api.enums.v1.CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION,
        completeWorkflowExecutionCommandAttributes: { result: { payloads: [moved] } },
      },
    ],
  });
  const refusal = (reason: string) => (error: unknown) => {
    assert.ok(error instanceof PayloadRefusedError, String(error));
    assert.equal(error.reason, reason);
    return true;
  };
  await assert.rejects(client.workflow.getHandle(to).result(), refusal('foreign'));
  await assert.rejects(client.workflow.getHandle(to).describe(), refusal('foreign'));
  const describe = (by: Client) => by.workflow.getHandle(from.workflowId).describe();
  assert.deepEqual((await describe(client)).memo, { text: PLANTED });
  await assert.rejects(describe(await connectWith(undefined)), refusal('no-keys'));
  await assert.rejects(describe(await connectWith(payloadKeysFile(t))), refusal('damaged'));
});

test('a worker with a wrong key refuses what it is sent, says which key it was, and goes on once it has the right one', async (t) => {
  const right = payloadKeysFile(t, { right: newKey() });
  const wrong = payloadKeysFile(t, { wrong: newKey() });
  const taskQueue = uniqueName('places');
  const client = await connectWith(right);
  const handle = await client.workflow.start('PlaceWorkflow', {
    taskQueue,
    workflowId: uniqueName('place'),
    args: [{ text: PLANTED }],
  });
  const stop = await startPlaceWorker(taskQueue, wrong);
  const message = await failedTask({ raw: await connect() }, handle.workflowId);
  await stop();
  assert.match(message, /encrypted with the key "right", which is not among the keys that are known here \(wrong\)/);
  t.after(await startPlaceWorker(taskQueue, right));
  assert.equal(await handle.result(), 'planted text by planted text');
});

/** Starts a run as somebody would who has access to Temporal, and no key. */
async function startRaw(
  { raw, taskQueue }: Place,
  workflowId: string,
  payload: Payload,
  memo: Record<string, Payload> = {},
): Promise<void> {
  await raw.workflowService.startWorkflowExecution({
    namespace: 'default',
    workflowId,
    requestId: workflowId,
    workflowType: { name: 'PlaceWorkflow' },
    taskQueue: { name: taskQueue },
    input: { payloads: [payload] },
    memo: { fields: memo },
  });
}

/** Waits for a workflow task that failed, and says what people see of it without a key. */
async function failedTask({ raw }: Pick<Place, 'raw'>, workflowId: string): Promise<string> {
  for (;;) {
    const { events } = await raw.workflow.getHandle(workflowId).fetchHistory();
    const failed = events?.find((event) => event.workflowTaskFailedEventAttributes)?.workflowTaskFailedEventAttributes;
    if (failed !== undefined && failed !== null) return failed.failure?.message ?? '';
  }
}
