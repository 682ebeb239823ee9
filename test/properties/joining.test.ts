import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RememberedOutcome } from '../../domain/outcome.ts';
import type { ProvisionRequest, SkillRef } from '../../domain/request.ts';
import { RequestQueue } from '../../workflows/request-queue.ts';
import { largeRequest, resolve } from './arbitraries.ts';

const PAIRS: [string, boolean, SkillRef, SkillRef][] = [
  ['one id', false, { skillId: 's1' }, { skillId: 's1', name: 'Voice' }],
  ['two ids', true, { skillId: 's1' }, { skillId: 's2' }],
  ['one name in two groups', true, { name: 'Voice', skillGroup: 'Berlin' }, { name: 'Voice', skillGroup: 'Paris' }],
  ['one name in one group', false, { name: 'Voice', skillGroup: 'Berlin' }, { name: 'Voice', skillGroup: 'Berlin' }],
  ['one name, of which one has no group', false, { name: 'Voice' }, { name: 'Voice', skillGroup: 'Paris' }],
  ['one name, blanks aside', false, { name: 'Voice' }, { name: ' Voice ' }],
  ['a name and an id with that name', false, { name: 'Voice' }, { skillId: 's1', name: 'Voice' }],
  ['a name and an id', true, { name: 'Voice' }, { skillId: 's1' }],
];
for (const [what, together, one, other] of PAIRS) {
  test(`requests for ${what} ${together ? 'go together' : 'go one after the other'}`, () => {
    const queue = new RequestQueue();
    queue.admit(removal('r1', one), 0);
    queue.admit(removal('r2', other), 0);
    assert.equal(queue.nextBatch().length, together ? 2 : 1);
  });
}

test('who comes later joins a batch while one PATCH has room for it, its skill is not in it, and nobody is parked', () => {
  const queue = new RequestQueue();
  queue.admit(largeRequest('r1', 40), 0);
  const [first] = queue.nextBatch();
  if (first === undefined) assert.fail('there is no batch');
  first.place = 'active';
  first.progress.resolved = first.request.changes.map(resolve);
  queue.admit(largeRequest('r2', 11), 0);
  queue.admit(removal('r3', { skillId: 'r1-7' }), 0);
  queue.admit(largeRequest('r4', 10), 0);
  const joining = () => queue.joining([first]).map(({ request }) => request.requestId);
  assert.deepEqual(joining(), ['r4']);
  queue.admit(removal('r5', { skillId: 'x' }), 0);
  const last = queue.open.at(-1);
  if (last === undefined) assert.fail('r5 is not open');
  queue.park(last, 'lock-timeout', 'm', 0);
  assert.deepEqual(joining(), []);
});

test('one whose ids are known waits behind one that names its skill and was not resolved yet', () => {
  const queue = new RequestQueue();
  queue.admit(removal('r1', { skillId: 's1' }), 0);
  queue.admit(removal('r2', { skillId: 's1' }), 0);
  const [, second] = queue.open;
  if (second !== undefined) second.progress.resolved = second.request.changes.map(resolve);
  assert.deepEqual(
    queue.nextBatch().map(({ request }) => request.requestId),
    ['r1'],
  );
});

const OVERTAKING: [string, boolean, SkillRef, SkillRef][] = [
  ['an id does not overtake a name that may be its own', false, { name: 'Voice' }, { skillId: 's1' }],
  ['a name does not overtake an id that may be its own', false, { skillId: 's1' }, { name: 'Voice' }],
  ['an id with a name overtakes another name', true, { name: 'Voice' }, { skillId: 's1', name: 'Chat' }],
  ['an id overtakes another id', true, { skillId: 's1' }, { skillId: 's2' }],
];
for (const [what, overtakes, earlier, later] of OVERTAKING) {
  test(`${what}, where the earlier request can not go yet`, () => {
    const queue = new RequestQueue();
    queue.admit(removal('r1', { skillId: 's9', name: 'Mail' }), 0);
    queue.admit({ ...removal('r2', earlier), policy: { lockWait: '9s' } }, 0);
    queue.admit(removal('r3', later), 0);
    const chosen = queue.nextBatch().map(({ request }) => request.requestId);
    assert.deepEqual(chosen, overtakes ? ['r1', 'r3'] : ['r1']);
  });
}

test('a run holds 700,000 bytes of requests, and not one more, in whatever script they are written', () => {
  const sized = (bytes: number, wide = 0) => {
    const request = { ...largeRequest('r1', 1), reason: '技'.repeat(wide) };
    return { ...request, reason: request.reason + 'x'.repeat(bytes - Buffer.byteLength(JSON.stringify(request))) };
  };
  for (const wide of [0, 1, 230_000]) {
    assert.equal(new RequestQueue().judge(sized(700_000, wide)), 'accepted');
    assert.equal(new RequestQueue().judge(sized(700_001, wide)), 'full');
  }
});

test('500,000 bytes of outcomes are remembered and not one more, however few outcomes that are', () => {
  for (const [last, kept] of [
    [250_000, 2],
    [250_001, 1],
    [500_001, 0],
  ] as const) {
    const queue = new RequestQueue();
    queue.remember(sizedOutcome(250_000));
    queue.remember(sizedOutcome(last));
    assert.equal(queue.outcomes.length, kept);
    const next = new RequestQueue({ open: [], outcomes: [...queue.outcomes], unlisted: [] });
    next.remember(sizedOutcome(250_000));
    assert.equal(next.outcomes.length, kept === 2 ? 2 : 1, 'the next run counts them alike');
  }
});

test('501 outcomes are one too many', () => {
  const queue = new RequestQueue();
  for (let count = 1; count <= 501; count += 1) {
    queue.remember({ ...sizedOutcome(300), requestId: `r${count}` });
    assert.equal(queue.outcomes.length, Math.min(count, 500));
  }
  assert.equal(queue.outcomes[0]?.requestId, 'r2');
});

function removal(requestId: string, skill: SkillRef): ProvisionRequest {
  return { ...largeRequest(requestId, 1), changes: [{ action: 'remove', skill }] };
}

/** In a script that takes three bytes for a character, but for the rest. */
function sizedOutcome(bytes: number): RememberedOutcome {
  const outcome: RememberedOutcome = {
    requestId: 'r1',
    status: 'failed',
    changes: [],
    toggles: 0,
    conflicts: 0,
    digest: '',
    endedAt: '2026-11-20T12:00:00.000Z',
  };
  const left = bytes - Buffer.byteLength(JSON.stringify(outcome));
  return { ...outcome, digest: '技'.repeat(Math.floor(left / 3)) + 'x'.repeat(left % 3) };
}
