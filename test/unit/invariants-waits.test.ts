import { test } from 'node:test';
import { asking, caught, finish, holds, OTHER, WISH } from '../support/invariants-cases.ts';
import type { Story } from '../support/invariants-story.ts';

const LOCKED = { errorCode: 'agent_locked' };

function conflicting(waitMs: number, times = 1): Story {
  const story = asking();
  for (let conflicts = 0; conflicts < times; conflicts += 1) {
    story.refused(WISH, 412);
    story.wait(waitMs);
    story.call('getState');
    story.read();
  }
  return story;
}

test('I5: a write too soon after a 412 is caught', () => {
  const story = conflicting(29_000);
  story.patch(WISH);
  caught('I5', story.input(), /ms between the 412 #5 and #8, not 30000/);
});

test('I5: a write after the wait, with a read from before it, is caught', () => {
  const story = asking();
  story.refused(WISH, 412);
  story.read();
  story.wait(30_000);
  story.patch(WISH);
  caught('I5', story.input(), /no read after the wait/);
});

test('I5: a sixth attempt is caught, also with a lost answer among the five', () => {
  const story = conflicting(30_000, 4);
  story.refused(WISH, 503);
  story.read();
  story.refused(WISH, 412);
  story.wait(30_000);
  story.read();
  story.patch(WISH);
  caught('I5', story.input(), /follows 5 conflicts in a row/);
});

test('I5: four conflicts, another answer between, or a person after five hold', () => {
  const four = conflicting(30_000, 4);
  four.patch(WISH);
  holds('I5', four.input(), 4);
  const five = conflicting(30_000, 5);
  five.record({ stage: 'event', requestId: 'q1', status: 'reconcile-retry' });
  five.read();
  five.patch(WISH);
  holds('I5', five.input(), 5);
});

test('I5 and I6: what a run notes about itself, or a person orders in vain, is no order to write again', () => {
  const problem = { code: 'nothing-to-reconcile', message: 'No request waits for a person.' };
  for (const event of [{ status: 'parked' }, { status: 'refused' }, { status: 'reconcile-retry', problem }] as const) {
    const five = conflicting(30_000, 5);
    five.record({ stage: 'event', requestId: 'q1', ...event });
    five.read();
    five.patch(WISH);
    caught('I5', five.input(), /follows 5 conflicts in a row/);
    const soon = locked([1000]);
    soon.record({ stage: 'event', requestId: 'q1', ...event });
    soon.patch(WISH);
    caught('I6', finish(soon), /not 30000/);
  }
});

test('I5: a 412 that the worker could not pass on to the workflow is no conflict to it', () => {
  const story = asking();
  const { idempotencyKey = '' } = story.refused(WISH, 412, { userAgent: 'skill-provisioner/1 (host-77-ab12)' });
  story.call('getState', { userAgent: 'skill-provisioner/1 (host-77-ab12)' });
  story.read();
  story.patch(WISH, { userAgent: 'skill-provisioner/1 (host-78-cd34)' });
  caught('I5', story.input(), /not 30000/);
  caught('I5', { ...story.input(), unheard: [{ idempotencyKey, pid: 78 }] }, /not 30000/);
  holds('I5', { ...story.input(), unheard: [{ idempotencyKey, pid: 77 }] }, 0);
});

test("I5: another wish need not wait, and a request's own policy counts", () => {
  const other = conflicting(0);
  other.patch(OTHER);
  holds('I5', other.input());
  const quick = conflicting(1000);
  quick.patch(WISH);
  holds('I5', { ...quick.input(), policy: { conflictWait: '1s' } });
  for (const request of quick.requests) request.policy = { conflictWait: '1s' };
  holds('I5', quick.input());
});

function locked(waitsMs: readonly number[]): Story {
  const story = asking();
  for (const [index, waitMs] of waitsMs.entries()) {
    story.refused(WISH, index === 0 ? 409 : 422, LOCKED);
    story.wait(waitMs);
    story.call('getState');
    story.read();
  }
  return story;
}

test('I6: a try too soon, without a read, or after the limit is caught', () => {
  const soon = locked([1000]);
  soon.patch(WISH);
  caught('I6', finish(soon), /ms between the refusal #5 and #8, not 30000/);
  const blind = asking();
  blind.refused(WISH, 409, LOCKED);
  blind.wait(30_000);
  blind.patch(WISH);
  caught('I6', finish(blind), /no read between the refusal #5 and #6/);
  const late = locked([30_000, 30_000, 30_000, 30_000, 31_000, 30_000]);
  late.patch(WISH);
  caught('I6', finish(late), /comes after the limit of 150000 ms/);
});

test('I6: a request that is left behind by a lock is caught, a parked one is not', () => {
  const story = locked([30_000, 30_000]);
  caught('I6', story.input(), /q1 was refused by a lock and neither ended nor waits for a person/);
  holds('I6', { ...story.input(), parked: [{ requestId: 'q1', reason: 'lock-timeout' }] }, 2);
});

test('I6: a lock that ends in time holds', () => {
  const story = locked([30_000, 30_000]);
  story.intent('q1', WISH);
  story.patch(WISH);
  holds('I6', finish(story), 2);
});
