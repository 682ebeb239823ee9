import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkInvariants } from '../support/invariants.ts';
import { asking, caught, clean, finish, holds, WISH } from '../support/invariants-cases.ts';

test('I13: a write without an intent, or with the intent of an earlier attempt, is caught', () => {
  const none = asking();
  none.patch(WISH);
  caught('I13', none.input(), /#5 wrote s1 without an intent of its own/);
  const old = asking();
  old.intent('q1', WISH);
  old.refused(WISH, 412);
  old.wait(30_000);
  old.read();
  old.patch(WISH);
  caught('I13', old.input(), /#7 wrote s1 without an intent of its own/);
});

test('I13: an inventory that is not the one read is caught', () => {
  const story = asking();
  story.intent('q1', WISH, { before: [] });
  story.patch(WISH);
  caught('I13', story.input(), /the inventory in r1 is not the one #5 was made for \(#4\)/);
  const after = clean();
  after.record({ stage: 'outcome', requestId: 'q1', after: [] });
  caught('I13', after.input(), /the inventory after it in r2 was never answered/);
});

test('I13: no outcome, two of them, another one, or one before an intent is caught', () => {
  const story = clean();
  finish(story);
  for (const outcome of story.outcomes) outcome.status = 'accepted';
  caught('I13', story.input(), /q1 ended accepted, the trail says provisioned/);
  story.intent('q1', WISH);
  caught('I13', story.input(), /q1 has the intent r3 after its outcome/);
  story.record({ stage: 'outcome', requestId: 'q1', status: 'accepted' });
  caught('I13', story.input(), /q1 has 2 outcomes in the trail/);
  caught('I13', { ...story.input(), audit: story.audit.slice(0, 1) }, /q1 ended without an outcome in the trail/);
});

test('I13: something unknown that the end leaves open, closes twice or otherwise than it ended is caught', () => {
  const story = clean();
  story.record({ stage: 'event', requestId: 'q1', status: 'parked', outcome: 'unknown' });
  holds('I13', story.input());
  finish(story);
  caught('I13', story.input(), /r2 is closed 0 times/);
  const closing = { stage: 'event', requestId: 'q1', status: 'reconciled', closes: 'r2' } as const;
  const failed = { ...story.input(), audit: [...story.audit] };
  story.record({ ...closing, outcome: 'failure' });
  caught('I13', { ...failed, audit: story.audit }, /r2 is closed with another outcome than r3/);
  story.audit.pop();
  story.record(closing);
  holds('I13', story.input());
  story.record(closing);
  caught('I13', story.input(), /r2 is closed 2 times/);
  story.record({ ...closing, closes: 'r0' });
  caught('I13', story.input(), /r6 closes nothing/);
});

test('I13: a secret or a token in a record is caught', () => {
  const story = clean();
  story.record({ stage: 'event', requestId: 'q1', note: 'the secret is hunter2' });
  caught('I13', { ...story.input(), secrets: ['hunter2'] }, /the record r2 holds a secret/);
  story.record({ stage: 'event', requestId: 'q1', note: 'Bearer abc' });
  caught('I13', story.input(), /the record r3 holds a secret/);
});

test('I13: a record that is there twice under one id counts once', () => {
  const input = finish(clean());
  holds('I13', { ...input, audit: [...input.audit, ...input.audit] });
});

test('I15: a request that neither ended nor waits is caught, where the parked are known', () => {
  const story = clean();
  caught('I15', { ...story.input(), parked: [] }, /q1 neither ended nor waits for a person/);
  holds('I15', { ...story.input(), parked: [{ requestId: 'q1' }] });
  assert.equal(checkInvariants(story.input()).I15.cases, 0);
});
