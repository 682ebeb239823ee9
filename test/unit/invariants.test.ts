import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertInvariants } from '../support/invariants.ts';
import { alter, ask, asking, caught, clean, finish, holds, REMOVAL, WISH } from '../support/invariants-cases.ts';
import { Story } from '../support/invariants-story.ts';

test('a clean run violates nothing', () => {
  const input = { ...finish(clean()), parked: [] };
  const exercised = ['I1', 'I3', 'I4', 'I7', 'I8', 'I9', 'I11', 'I12', 'I13', 'I14', 'I15'] as const;
  const report = assertInvariants({ ...input, requireCases: exercised });
  assert.deepEqual([report.I2.cases, report.I5.cases, report.I6.cases, report.I10.cases], [0, 0, 0, 0]);
});

test('an invariant that nothing put to the test fails where it is required', () => {
  assert.throws(
    () => assertInvariants({ ...finish(clean()), requireCases: ['I5'] }),
    /I5 was put to the test by no case/,
  );
});

test('an empty ledger or audit trail fails', () => {
  assert.throws(() => assertInvariants({ ...finish(clean()), ledger: [] }), /The ledger is empty/);
  assert.throws(() => assertInvariants({ ...finish(clean()), audit: [] }), /The audit trail is empty/);
});

test('a violation is shown in a table', () => {
  const story = clean();
  delete story.last.ifMatch;
  assert.throws(() => assertInvariants(finish(story)), /I4 .+ 1 cases {2}VIOLATED\n {6}t1\/a1: #5 has no If-Match/);
});

test('a call the platform does not have fails', () => {
  const story = clean();
  story.call('unknown', { flags: ['unknown-route'], method: 'GET', path: '/elsewhere' });
  assert.throws(() => assertInvariants(finish(story)), /called GET \/elsewhere/);
});

test('I1: a skill that vanishes beside the change is caught', () => {
  const story = clean();
  alter(story.last, { after: { skills: WISH, routing: WISH, state: 'AVAILABLE' } });
  caught('I1', finish(story), /s0 changed, which #5 did not name/);
});

test('I1: an inventory that is replaced is caught', () => {
  const story = clean();
  story.call('putAgent', { applied: true });
  caught('I1', finish(story), /PUT replaced the inventory/);
});

test('I1: a write nobody asked for is caught', () => {
  const story = asking('q1', { skillId: 's1', level: 3 });
  story.intent('q1', WISH);
  story.patch(WISH);
  caught('I1', finish(story), /nobody asked for s1 at 4/);
});

test('I1: a repeat of an ended request that undoes a later one is caught', () => {
  const story = clean();
  finish(story);
  ask(story, 'q2', { skillId: 's1', level: 0 });
  story.read();
  story.patch([{ skillId: 's1', level: 0 }]);
  story.wait(100);
  story.end('q2', [{ skillId: 's1', level: 0 }]);
  story.wait(100);
  story.read();
  story.patch(WISH);
  caught('I1', story.input(), new RegExp(`nobody asked for s1 at 4 \\(#${story.last.seq}\\)`));
});

test("I1: others' edits, removals and a rollback hold", () => {
  const story = asking('q1', { skillId: 's0', level: 0 });
  story.edit([...story.skills, { skillId: 's9', level: 5 }]);
  story.read();
  story.intent('q1', REMOVAL);
  story.patch(REMOVAL);
  story.record({ stage: 'event', requestId: 'q1', status: 'reconcile-rollback' });
  story.read();
  story.patch([{ skillId: 's0', level: 2 }]);
  holds('I1', story.input());
});

test('I3: provisioned without a reading of routing is caught', () => {
  const story = clean();
  story.call('getRouting');
  story.end('q1', WISH, { toggles: 0 });
  caught('I3', story.input(), /q1 ended provisioned, but no getRouting after its last write shows that/);
});

test('I3: a reading that was made up, not delivered, or from before the write is none', () => {
  for (const spoilt of [{ madeUp: true }, { delivered: false }, { status: 503 }, { order: 1 }]) {
    const story = clean();
    story.toggle();
    story.call('getRouting', spoilt);
    story.end('q1', WISH);
    caught('I3', story.input(), /no getRouting/);
  }
});

test('I3: rejected or unchanged after a write is caught', () => {
  for (const status of ['rejected', 'unchanged', 'failed'] as const) {
    const story = clean();
    story.toggle();
    story.call('getRouting');
    story.end('q1', WISH, { status });
    caught('I3', story.input(), /it wrote \(#5\)/);
  }
});

test('I3: a level other than the one asked for is caught', () => {
  const story = clean();
  story.toggle();
  story.call('getRouting');
  story.end('q1', [{ skillId: 's1', level: 3 }]);
  caught('I3', story.input(), /s1 was asked for at 4\n.*s1 should be 4, not 3\n.*it reports s1 at 3/);
});

test('I3: toggles and conflicts that did not happen or are kept quiet are caught', () => {
  const story = clean();
  story.toggle();
  story.call('getRouting');
  story.end('q1', WISH, { toggles: 0, conflicts: 2 });
  caught('I3', story.input(), /it reports 2 conflicts of 0\n.*it reports 0 toggles of 1/);
});

test('I3: a level that was never read from routing is caught in an accepted outcome', () => {
  const story = clean();
  story.end('q1', WISH, { status: 'accepted', toggles: 0 });
  caught('I3', story.input(), /routing never showed s1 at 4/);
});

test('I3: rolled back without the levels from before is caught', () => {
  const story = clean();
  const changes = [{ skillId: 's1', requestedLevel: 4, targetLevel: 4, previousLevel: 0 }];
  story.end('q1', WISH, { status: 'rolled-back', toggles: 0, changes });
  caught('I3', story.input(), /the directory never showed the levels from before/);
});

test('I3: a rejection that wrote nothing and a decimal that was rounded hold', () => {
  const rejected = asking();
  rejected.end('q1', WISH, { status: 'rejected', toggles: 0 });
  holds('I3', rejected.input());
  const rounded = new Story();
  rounded.request('q1', [{ action: 'assign', skill: { skillId: 's1' }, level: 3.7 }]);
  rounded.prepare();
  rounded.intent('q1', WISH);
  rounded.patch(WISH);
  rounded.toggle();
  rounded.call('getRouting');
  const changes = [{ skillId: 's1', requestedLevel: 3.7, targetLevel: 4, level: 4 }];
  rounded.end('q1', WISH, { changes });
  holds('I3', rounded.input());
});
