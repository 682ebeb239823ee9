import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { OutcomeStatus } from '../../domain/outcome.ts';
import type { ProvisionRequest } from '../../domain/request.ts';
import { packRequests } from '../../workflows/carried-state.ts';
import type { OpenRequest } from '../../workflows/open-request.ts';
import { RequestQueue, type Admission } from '../../workflows/request-queue.ts';
import { inventory, request } from './arbitraries.ts';
import { assertMayGoTogether, assertSame, contentOf, type QueueModel, type QueueUnderTest } from './queue-model.ts';

type Known = QueueModel['open'][number];
type Run = (model: QueueModel, real: QueueUnderTest) => void;

const NOW = 1_700_000_000_000;

/** What can happen to a queue, each command followed by a comparison with the model. */
export const queueCommands = [
  request.map((given) => step(`submit ${JSON.stringify(given)}`, (model, real) => submit(given, model, real))),
  fc.nat().map((pick) => step(`repeat ${pick}`, (model, real) => repeat(pick, model, real))),
  fc.constant(step('next batch', startBatch)),
  fc.constant(step('others join', join)),
  inventory.map((skills) => step('write', (model, real) => write(skills, model, real))),
  fc.nat().map((pick) => step(`park ${pick}`, (model, real) => park(pick, model, real))),
  fc.nat().map((pick) => step(`order ${pick}`, (model, real) => order(pick, model, real))),
  fc.nat().map((pick) => step(`cancel ${pick}`, (model, real) => cancel(pick, model, real))),
  fc.constant(step('each alone', splitUp)),
  fc.nat().map((pick) => step(`end ${pick}`, (model, real) => end(pick, model, real))),
  fc.constant(step('continue as new', continueAsNew)),
];

function step(name: string, run: Run): fc.Command<QueueModel, QueueUnderTest> {
  return {
    check: () => true,
    run(model, real) {
      run(model, real);
      assertSame(model, real);
    },
    toString: () => name,
  };
}

function submit(given: ProvisionRequest, model: QueueModel, { queue }: QueueUnderTest): void {
  const expected = admissionOf(given, model);
  assert.equal(queue.judge(given), expected);
  assert.equal(queue.admit(given, NOW), expected);
  if (expected !== 'accepted') return;
  model.open.push({
    request: given,
    place: 'waiting',
    touched: false,
    cancelled: false,
    ordered: false,
    alone: false,
  });
}

function admissionOf(given: ProvisionRequest, { open, ended }: QueueModel): Admission {
  const contents = [
    ...open.filter((known) => known.request.requestId === given.requestId).map((known) => contentOf(known.request)),
    ...ended.filter(({ requestId }) => requestId === given.requestId).map(({ content }) => content),
  ];
  if (contents.length === 0) return 'accepted';
  assert.equal(contents.length, 1, 'one id is taken in once');
  return contents[0] === contentOf(given) ? 'known' : 'reused';
}

/** Delivered again, word for word but for how it is to be done. */
function repeat(pick: number, model: QueueModel, { queue }: QueueUnderTest): void {
  const known = model.open[pick % Math.max(model.open.length, 1)];
  if (known === undefined) return;
  assert.equal(queue.admit({ ...known.request, policy: { lockWait: '9s' } }, NOW), 'known');
}

function startBatch(model: QueueModel, { queue, batch }: QueueUnderTest): void {
  if (!batch.isEmpty()) return;
  const chosen = queue.nextBatch();
  assertMayGoTogether(model, [], chosen);
  batch.add(chosen);
  activate(model, chosen);
}

function join(model: QueueModel, { queue, batch }: QueueUnderTest): void {
  if (batch.isEmpty()) return;
  const chosen = queue.joining(batch.entries);
  assertMayGoTogether(model, batch.entries, chosen);
  batch.add(chosen);
  activate(model, chosen);
}

function activate({ open }: QueueModel, chosen: readonly OpenRequest[]): void {
  for (const known of open) if (chosen.some((entry) => entry.request === known.request)) known.place = 'active';
}

/** Something was done for the requests of the batch, so that none of them can just end any more. */
function write(skills: { skillId: string; level: number }[], { open }: QueueModel, { batch }: QueueUnderTest): void {
  for (const { progress } of batch.entries) {
    progress.wrote = 'maybe';
    progress.before = skills;
    progress.after = [...skills];
  }
  for (const known of open) if (known.place === 'active') known.touched = true;
}

function park(pick: number, model: QueueModel, { queue, batch }: QueueUnderTest): void {
  const entry = batch.entries[pick % Math.max(batch.entries.length, 1)];
  if (entry === undefined) return;
  batch.remove(entry);
  queue.park(entry, 'lock-timeout', 'the lock stays', NOW);
  assert.deepEqual(entry.parked, { reason: 'lock-timeout', message: 'the lock stays', since: NOW, escalated: false });
  Object.assign(of(model, entry), { place: 'parked', ordered: false });
}

function order(pick: number, model: QueueModel, { queue }: QueueUnderTest): void {
  const entry = queue.parked[pick % Math.max(queue.parked.length, 1)];
  if (entry === undefined) return;
  queue.unpark(entry);
  entry.order = { action: 'retry', operator: 'ops', note: 'go on' };
  Object.assign(of(model, entry), { place: 'waiting', ordered: true });
}

function cancel(pick: number, model: QueueModel, { queue }: QueueUnderTest): void {
  const entry = queue.open[pick % Math.max(queue.open.length, 1)];
  if (entry === undefined) return;
  entry.cancel = { by: 'ops', note: 'wrong agent' };
  const known = of(model, entry);
  known.cancelled = true;
  if (entry.place !== 'parked') return;
  queue.unpark(entry);
  known.place = 'waiting';
}

function splitUp(model: QueueModel, { batch }: QueueUnderTest): void {
  for (const entry of [...batch.entries]) {
    entry.alone = true;
    batch.release(entry);
    Object.assign(of(model, entry), { alone: true, place: 'waiting' });
  }
}

function end(pick: number, model: QueueModel, { queue, batch }: QueueUnderTest): void {
  const entry = queue.open[pick % Math.max(queue.open.length, 1)];
  if (entry === undefined || entry.place === 'parked') return;
  batch.remove(entry);
  const status: OutcomeStatus = entry.cancel === undefined ? 'provisioned' : 'cancelled';
  const time = new Date(NOW).toISOString();
  const outcome = queue.end(entry, { status, time });
  assert.equal(outcome.requestId, entry.request.requestId);
  assert.equal(outcome.endedAt, time);
  model.open = model.open.filter(({ request: given }) => given !== entry.request);
  model.ended.push({ requestId: entry.request.requestId, content: contentOf(entry.request), status });
  model.unlisted.push(entry.request.requestId);
}

/** As a run hands it over: through JSON, while nothing is being carried out. */
function continueAsNew(model: QueueModel, real: QueueUnderTest): void {
  if (!real.batch.isEmpty()) return;
  const before = structuredClone(real.queue.open);
  const { outcomes, unlisted } = real.queue;
  const carried = JSON.stringify({ ...packRequests(real.queue.open), outcomes, unlisted });
  real.queue = new RequestQueue(JSON.parse(carried) as ConstructorParameters<typeof RequestQueue>[0]);
  assert.deepEqual(real.queue.open, before);
  for (const known of model.open) {
    const same = real.queue.open.find((entry) => entry.request.requestId === known.request.requestId);
    known.request = same?.request ?? known.request;
  }
}

function of({ open }: QueueModel, { request: given }: OpenRequest): Known {
  return open.find((known) => known.request === given) ?? assert.fail(`${given.requestId} is not open`);
}
