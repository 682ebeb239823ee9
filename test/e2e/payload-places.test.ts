import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WithStartWorkflowOperation, WorkflowFailedError } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { PLANTED, startPlace, type Place } from '../support/payload-place.ts';
import { uniqueName } from '../support/temporal.ts';

/** Fails if Temporal has the text of a run, or of any that the id had, in the clear. */
async function assertHidden({ raw }: Place, workflowId: string): Promise<void> {
  let runId: string | undefined;
  do {
    const read = await raw.workflow.getHandle(workflowId, runId).fetchHistory();
    runId = read.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? '';
    const history = historyToJSON(read);
    const all = history.replaceAll(/"([A-Za-z0-9+/=]+)"/g, (_all, text: string) =>
      Buffer.from(text, 'base64').toString(),
    );
    assert.doesNotMatch(history + all, /planted/i);
    assert.match(all, /binary\/encrypted/);
  } while (runId !== '');
}

test('an argument, a result, an activity, a local one, a heartbeat, a child and a run that goes on are all hidden and read', async (t) => {
  const place = await startPlace(t);
  const results = await Promise.all(
    ([undefined, 'activity', 'local', 'heartbeat', 'continue', 'child'] as const).map(async (step) => {
      const handle = await place.start({ text: PLANTED, ...(step === undefined ? {} : { step }) });
      const result = (await handle.result()) as string;
      await assertHidden(place, handle.workflowId);
      return result;
    }),
  );
  assert.deepEqual(results, [
    'planted text by planted text',
    'PLANTED TEXT',
    'PLANTED TEXT',
    'planted text remembered',
    'planted text again by planted text again',
    'planted text by planted text',
  ]);
});

test('a signal of a client and of another workflow, an update, one with a start, a query, memo, summary and details are too', async (t) => {
  const place = await startPlace(t);
  const texts = {
    staticSummary: `${PLANTED} in short`,
    staticDetails: `${PLANTED} at length`,
    memo: { first: PLANTED },
  };
  const handle = await place.start({ text: PLANTED, step: 'wait' }, texts);
  assert.equal(await handle.executeUpdate('add', { args: [`${PLANTED} by update`] }), '1: planted text by update');
  assert.equal(await handle.result(), 'planted text by update');
  assert.deepEqual(await handle.query('notes', '> '), ['> planted text by update']);
  const described = await handle.describe();
  assert.deepEqual(described.memo, { first: PLANTED, text: PLANTED });
  assert.deepEqual(
    [await described.staticSummary(), await described.staticDetails()],
    [texts.staticSummary, texts.staticDetails],
  );
  const metadata = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  assert.equal(metadata.currentDetails, PLANTED);
  await assertHidden(place, handle.workflowId);

  const startWorkflowOperation = new WithStartWorkflowOperation('PlaceWorkflow', {
    taskQueue: place.taskQueue,
    workflowId: uniqueName('place'),
    args: [{ text: PLANTED, step: 'wait' }],
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  const answer = await place.client.workflow.executeUpdateWithStart('add', { startWorkflowOperation, args: [PLANTED] });
  assert.equal(answer, '1: planted text');

  for (const send of ['client', 'workflow'] as const) {
    const target = await place.start({ text: PLANTED, step: 'wait' });
    if (send === 'client') await target.signal('note', PLANTED);
    else await (await place.start({ text: PLANTED, step: 'signal', target: target.workflowId })).result();
    assert.equal(await target.result(), PLANTED);
    await assertHidden(place, target.workflowId);
  }
});

test("a schedule's runs read its argument, and what the run before them left", async (t) => {
  const place = await startPlace(t);
  const { client, taskQueue } = place;
  const workflowId = uniqueName('scheduled');
  const handle = await client.schedule.create({
    scheduleId: workflowId,
    spec: {},
    action: { type: 'startWorkflow', workflowType: 'PlaceWorkflow', workflowId, taskQueue, args: [{ text: PLANTED }] },
    policies: { overlap: 'ALLOW_ALL' },
    memo: { note: PLANTED },
  });
  t.after(() => handle.delete());
  const seen: string[] = [];
  for (let runs = 1; runs <= 2; runs += 1) {
    await handle.trigger();
    let recent = await handle.describe();
    while (recent.info.recentActions.length < runs) recent = await handle.describe();
    const { action } = recent.info.recentActions[runs - 1] ?? assert.fail();
    assert.match(action.workflow.workflowId, /-\d{4}-\d\d-\d\dT[\d:]{8}Z$/);
    seen.push((await client.workflow.getHandle(action.workflow.workflowId).result()) as string);
    await assertHidden(place, action.workflow.workflowId);
    // Its id has the second in it.
    while (Date.now() < (recent.info.recentActions[runs - 1]?.takenAt.getTime() ?? 0) + 1_100) await handle.describe();
  }
  assert.deepEqual(seen, ['planted text by planted text', 'planted text by planted text']);
  const { memo, action } = await handle.describe();
  assert.deepEqual([memo, action.args], [{ note: PLANTED }, [{ text: PLANTED }]]);
});

test("a failure's text, stack and details are hidden, its type is not, and the caller reads all of them", async (t) => {
  const place = await startPlace(t);
  const handle = await place.start({ text: PLANTED, step: 'fail' });
  const error: unknown = await handle.result().catch((reason: unknown) => reason);
  assert.ok(error instanceof WorkflowFailedError && error.cause instanceof ActivityFailure);
  const { cause } = error.cause;
  assert.ok(cause instanceof ApplicationFailure);
  assert.deepEqual([cause.message, cause.type, cause.details], ['planted text failed', 'Planned', [PLANTED]]);
  await assertHidden(place, handle.workflowId);
  const history = historyToJSON(await place.raw.workflow.getHandle(handle.workflowId).fetchHistory());
  assert.match(history, /Encoded failure/);
  assert.match(history, /"type": ?"Planned"/);
  assert.doesNotMatch(history, /payload-places\.test/);
});
