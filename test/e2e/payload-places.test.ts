import assert from 'node:assert/strict';
import { before, test, type TestContext } from 'node:test';
import { Context } from '@temporalio/activity';
import {
  WithStartWorkflowOperation,
  WorkflowFailedError,
  type Client,
  type WorkflowHandle,
  type WorkflowStartOptions,
} from '@temporalio/client';
import { ActivityFailure, ApplicationFailure, type Payload } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { clientDataConverter, workerDataConverter } from '../../payloads/data-converter.ts';
import { PayloadRefusedError } from '../../payloads/refusal.ts';
import { payloadKeysFile, protectionIn } from '../support/payload-keys.ts';
import type { PlaceActivities, PlaceOrder } from '../support/payload-workflows.ts';
import { connect, temporalAddress, uniqueName } from '../support/temporal.ts';

const QUIET = new DefaultLogger('ERROR', () => undefined);
Runtime.install({ logger: QUIET });
/** Temporal's `COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION`. */
const COMPLETE_WORKFLOW = 4;
const PLANTED = 'planted text';
let code: string;

before(async () => {
  const workflowsPath = new URL('../support/payload-workflows.ts', import.meta.url).pathname;
  const failureConverterPath = new URL('../../payloads/failure-converter.cjs', import.meta.url).pathname;
  ({ code } = await bundleWorkflowCode({ workflowsPath, failureConverterPath, logger: QUIET }));
});

const activities: PlaceActivities = {
  shout: async (text) => text.toUpperCase(),
  async remember(text) {
    const { info } = Context.current();
    if (info.attempt > 1) return `${String(info.heartbeatDetails)} remembered`;
    Context.current().heartbeat(text);
    throw ApplicationFailure.retryable(`${text} failed`);
  },
  async fail(text) {
    throw ApplicationFailure.create({
      message: `${text} failed`,
      type: 'Planned',
      nonRetryable: true,
      details: [text],
    });
  },
};

interface Place {
  client: Client;
  raw: Client;
  taskQueue: string;
  start(order: PlaceOrder, more?: Partial<WorkflowStartOptions>): Promise<WorkflowHandle>;
}

/** A worker and a client with the same keys, and a client that sees what Temporal has. */
async function startPlace(t: TestContext, { worker: isWanted = true } = {}): Promise<Place> {
  const protection = protectionIn(payloadKeysFile(t));
  const taskQueue = uniqueName('places');
  const options = { namespace: 'default', protection };
  const client = await connect({ dataConverter: clientDataConverter(options) });
  const raw = await connect();
  if (isWanted) {
    const connection = await NativeConnection.connect({ address: await temporalAddress() });
    const dataConverter = workerDataConverter(options);
    const worker = await Worker.create({
      connection,
      taskQueue,
      dataConverter,
      workflowBundle: { code },
      activities,
      // Each workflow task replays, so that every payload is read again.
      maxCachedWorkflows: 0,
    });
    const running = worker.run();
    t.after(async () => {
      worker.shutdown();
      await running;
      await connection.close();
    });
  }
  const start: Place['start'] = (order, more = {}) =>
    client.workflow.start('PlaceWorkflow', { taskQueue, workflowId: uniqueName('place'), args: [order], ...more });
  return { client, raw, taskQueue, start };
}

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
  const error = await handle.result().then(assert.fail, (reason: unknown) => reason);
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
      { commandType: COMPLETE_WORKFLOW, completeWorkflowExecutionCommandAttributes: { result: { payloads: [moved] } } },
    ],
  });
  const refusal = (reason: string) => (error: unknown) => {
    assert.ok(error instanceof PayloadRefusedError, String(error));
    assert.equal(error.reason, reason);
    return true;
  };
  await assert.rejects(client.workflow.getHandle(to).result(), refusal('foreign'));
  await assert.rejects(client.workflow.getHandle(to).describe(), refusal('foreign'));
  const other = async (file: string | undefined): Promise<Client> => {
    const protection = file === undefined ? undefined : protectionIn(file);
    return connect({ dataConverter: clientDataConverter({ namespace: 'default', protection }) });
  };
  const describe = (by: Client) => by.workflow.getHandle(from.workflowId).describe();
  assert.deepEqual((await describe(client)).memo, { text: PLANTED });
  await assert.rejects(describe(await other(undefined)), refusal('no-keys'));
  await assert.rejects(describe(await other(payloadKeysFile(t))), refusal('damaged'));
});

test('a worker with a wrong key refuses what it is sent, says which key it was, and goes on once it has the right one', async (t) => {
  const right = payloadKeysFile(t, { right: Buffer.alloc(32, 1).toString('base64') });
  const wrong = payloadKeysFile(t, { wrong: Buffer.alloc(32, 2).toString('base64') });
  const taskQueue = uniqueName('places');
  const address = await temporalAddress();
  const work = async (file: string): Promise<() => Promise<void>> => {
    const connection = await NativeConnection.connect({ address });
    const dataConverter = workerDataConverter({ namespace: 'default', protection: protectionIn(file) });
    const worker = await Worker.create({ connection, taskQueue, dataConverter, workflowBundle: { code }, activities });
    const running = worker.run();
    return async () => {
      worker.shutdown();
      await running;
      await connection.close();
    };
  };
  const client = await connect({
    dataConverter: clientDataConverter({ namespace: 'default', protection: protectionIn(right) }),
  });
  const handle = await client.workflow.start('PlaceWorkflow', {
    taskQueue,
    workflowId: uniqueName('place'),
    args: [{ text: PLANTED }],
    workflowTaskTimeout: '1s',
  });
  const stop = await work(wrong);
  const message = await failedTask({ raw: await connect() }, handle.workflowId);
  await stop();
  assert.match(message, /encrypted with the key "right", which is not among the keys that are known here \(wrong\)/);
  t.after(await work(right));
  assert.equal(await handle.result(), 'planted text by planted text');
});

async function startedInput({ raw }: Place, workflowId: string): Promise<Payload[] | undefined> {
  const { events } = await raw.workflow.getHandle(workflowId).fetchHistory();
  return events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads as Payload[] | undefined;
}

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
