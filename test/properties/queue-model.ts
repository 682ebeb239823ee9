import assert from 'node:assert/strict';
import type { OutcomeStatus } from '../../domain/outcome.ts';
import { MAX_CHANGES, type ProvisionRequest, type SkillRef } from '../../domain/request.ts';
import type { OpenRequest } from '../../workflows/open-request.ts';
import { RequestQueue } from '../../workflows/request-queue.ts';
import { Batch } from '../../workflows/batch.ts';

/** A request as the model knows it. */
interface Known {
  request: ProvisionRequest;
  place: 'waiting' | 'active' | 'parked';
  touched: boolean;
  cancelled: boolean;
  ordered: boolean;
  alone: boolean;
}

/** What ought to be in the queue. */
export interface QueueModel {
  open: Known[];
  ended: { requestId: string; content: string; status: OutcomeStatus }[];
  unlisted: string[];
}

/** The queue and the batch that is being carried out. */
export interface QueueUnderTest {
  queue: RequestQueue;
  batch: Batch;
}

export function newModel(): QueueModel {
  return { open: [], ended: [], unlisted: [] };
}

export function newQueue(): QueueUnderTest {
  return { queue: new RequestQueue(), batch: new Batch([]) };
}

/** What makes two requests with one id the same: all but how it is to be done. */
export function contentOf({ policy: _policy, ...content }: ProvisionRequest): string {
  return JSON.stringify(content);
}

/** Compares everything the queue shows with the model. */
export function assertSame({ open, ended, unlisted }: QueueModel, { queue }: QueueUnderTest): void {
  const shown = queue.open.map(({ request, place, alone, cancel, order, parked }) => ({
    requestId: request.requestId,
    place,
    alone,
    cancelled: cancel !== undefined,
    ordered: order !== undefined,
    explained: parked !== undefined,
  }));
  const expected = open.map(({ request, place, alone, cancelled, ordered }) => ({
    requestId: request.requestId,
    place,
    alone,
    cancelled,
    ordered,
    explained: place === 'parked',
  }));
  assert.deepEqual(shown, expected);
  const remembered = queue.outcomes.map(({ requestId, status }) => ({ requestId, status }));
  assert.deepEqual(
    remembered,
    ended.map(({ requestId, status }) => ({ requestId, status })),
  );
  assert.deepEqual(queue.unlisted, unlisted);
  const inPlace = (place: string) => open.filter((known) => known.place === place);
  assert.deepEqual(ids(queue.parked), inPlace('parked').map(idOf));
  const waiting = inPlace('waiting');
  assert.deepEqual(
    ids(queue.cancelledUntouched()),
    waiting.filter(({ cancelled, touched }) => cancelled && !touched).map(idOf),
  );
  const decided = waiting.find(({ cancelled, ordered }) => cancelled || ordered);
  assert.equal(queue.nextDecided()?.request.requestId, decided?.request.requestId);
}

/** Judges requests that were chosen to go together with `batch`, out of those that wait. */
export function assertMayGoTogether(
  { open }: QueueModel,
  batch: readonly OpenRequest[],
  chosen: readonly OpenRequest[],
): void {
  const waiting = open.filter(({ place }) => place === 'waiting');
  if (open.some(({ place }) => place === 'parked')) {
    assert.deepEqual(ids(chosen), [], 'nothing overtakes what waits for a person');
    return;
  }
  const known = (entry: OpenRequest) => open.find(({ request }) => request === entry.request);
  const together = [...batch, ...chosen].map((entry) => known(entry) ?? assert.fail('an unknown request'));
  assert.ok(sizeOf(together) <= MAX_CHANGES, 'one PATCH takes 50 changes');
  const picked = new Set(ids(chosen));
  assert.deepEqual(
    ids(chosen),
    waiting.map(idOf).filter((id) => picked.has(id)),
    'in the order they came',
  );
  if (batch.length === 0 && waiting[0] !== undefined) assert.ok(picked.has(idOf(waiting[0])), 'the first goes first');
  for (const [index, one] of together.entries()) {
    for (const other of together.slice(index + 1)) {
      if (batch.some(({ request }) => request === other.request)) continue;
      assert.ok(compatible(one, other), `${idOf(one)} and ${idOf(other)} must not go together`);
    }
  }
  for (const [index, left] of waiting.entries()) {
    const before = waiting.slice(0, index);
    const mates = [
      ...together.filter((mate) => !waiting.includes(mate)),
      ...before.filter((mate) => picked.has(idOf(mate))),
    ];
    const skipped = before.filter((earlier) => !picked.has(idOf(earlier)));
    const overtakes = skipped.some(
      ({ request: earlier }) => mayMeanOneSkill(earlier, left.request) || mixesIdAndName(earlier, left.request),
    );
    const fits =
      !overtakes &&
      mates.every((mate) => compatible(mate, left)) &&
      sizeOf(mates) + left.request.changes.length <= MAX_CHANGES;
    assert.equal(picked.has(idOf(left)), fits, `${idOf(left)} ${fits ? 'could have gone too' : 'must wait'}`);
  }
}

function compatible(one: Known, other: Known): boolean {
  const free = [one, other].every(({ alone, ordered }) => !alone && !ordered);
  return free && samePolicy(one.request, other.request) && !mayMeanOneSkill(one.request, other.request);
}

function samePolicy(one: ProvisionRequest, other: ProvisionRequest): boolean {
  const [left, right] = [one, other].map(({ policy = {} }) => new Map(Object.entries(policy)));
  return left?.size === right?.size && [...(left ?? [])].every(([name, value]) => right?.get(name) === value);
}

/** By what the caller wrote: the same id, or names that nothing tells apart. */
function mayMeanOneSkill(one: ProvisionRequest, other: ProvisionRequest): boolean {
  return one.changes.some((left) => other.changes.some((right) => mayBeOne(left.skill, right.skill)));
}

/** One says an id and nothing else, the other a name: before they are resolved nobody can say whether they differ. */
function mixesIdAndName(one: ProvisionRequest, other: ProvisionRequest): boolean {
  const pairs = one.changes.flatMap((left) => other.changes.map((right) => [left.skill, right.skill]));
  return pairs.some((pair) => pair.some(isBareId) && pair.some((skill) => !('skillId' in skill)));
}

function isBareId(skill: SkillRef): boolean {
  return 'skillId' in skill && skill.name === undefined;
}

function mayBeOne(one: SkillRef, other: SkillRef): boolean {
  const [left, right] = [one, other].map((skill) => ({
    id: 'skillId' in skill ? skill.skillId : undefined,
    name: skill.name?.trim(),
    group: 'skillGroup' in skill ? skill.skillGroup : undefined,
  }));
  if (left === undefined || right === undefined) return false;
  if (left.id !== undefined && right.id !== undefined) return left.id === right.id;
  if (left.name !== right.name) return false;
  return left.group === undefined || right.group === undefined || left.group === right.group;
}

function sizeOf(known: readonly Known[]): number {
  return known.flatMap(({ request }) => request.changes).length;
}

function idOf({ request }: { request: ProvisionRequest }): string {
  return request.requestId;
}

function ids(entries: readonly OpenRequest[]): string[] {
  return entries.map(idOf);
}
