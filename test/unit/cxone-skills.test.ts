import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { SkillRef } from '../../domain/request.ts';
import { answerJson, connect, createClock, gate, startDouble } from '../support/cxone-double.ts';

interface Skill {
  skillId: string;
  name: string;
  skillGroup?: string;
  status?: string;
  allowedLevels?: number[];
}

const CATALOGUE: Skill[] = [
  { skillId: '1', name: 'Voice', skillGroup: 'Sales' },
  { skillId: '2', name: 'Voice', skillGroup: 'Support', status: 'ACTIVE' },
  { skillId: '3', name: 'Chat', status: 'INACTIVE' },
  { skillId: '4', name: ' Chat ', status: 'ACTIVE', allowedLevels: [5, 1] },
  { skillId: '5', name: 'Fax', status: 'INACTIVE' },
];

async function platform(t: TestContext) {
  const clock = createClock();
  const state = {
    listed: [...CATALOGUE],
    known: new Map(CATALOGUE.map((skill) => [skill.skillId, skill])),
    status: 200,
  };
  const double = await startDouble(t, ({ path }, response) => {
    const [, , , , skillId] = path.split('/');
    const skill = state.known.get(skillId ?? '');
    if (state.status !== 200) answerJson(response, state.status, {});
    else if (skillId === undefined) answerJson(response, 200, { skills: state.listed });
    else answerJson(response, skill === undefined ? 404 : 200, skill ?? { error: 'not_found' });
  });
  const client = connect(t, double.url, { monotonicNow: clock.now });
  const lists = () => double.to('GET /api/v2/skills').length;
  const codeOf = async (ref: SkillRef, purpose: 'assign' | 'remove' = 'assign') => {
    const resolution = await client.resolveSkill(ref, purpose);
    return resolution.ok ? resolution.skillId : resolution.problem.code;
  };
  return { clock, state, double, client, lists, codeOf };
}

test('a name within its group leads to one skill', async (t) => {
  const { client } = await platform(t);
  assert.deepEqual(await client.resolveSkill({ name: ' Voice ', skillGroup: 'Support' }, 'assign'), {
    ok: true,
    skillId: '2',
    name: 'Voice',
    allowedLevels: [1, 2, 3, 4, 5],
    ageMs: 0,
  });
});

test('a name that two active skills share is ambiguous, and both are listed', async (t) => {
  const { client } = await platform(t);
  const resolution = await client.resolveSkill({ name: 'Voice' }, 'assign');
  assert.equal(!resolution.ok && resolution.problem.code, 'ambiguous-skill');
  assert.match(resolution.ok ? '' : resolution.problem.message, /1 in "Sales", 2 in "Support"/);
});

test('an active skill wins over an inactive one of the same name', async (t) => {
  const { client } = await platform(t);
  for (const purpose of ['assign', 'remove'] as const) {
    const resolution = await client.resolveSkill({ name: 'Chat' }, purpose);
    assert.deepEqual(resolution.ok && [resolution.skillId, resolution.allowedLevels], ['4', [1, 5]]);
  }
});

test('an inactive skill can be removed, not assigned', async (t) => {
  const { client, codeOf } = await platform(t);
  assert.equal(await codeOf({ name: 'Fax' }), 'skill-inactive');
  assert.equal(await codeOf({ skillId: '5' }), 'skill-inactive');
  const resolution = await client.resolveSkill({ skillId: '5', name: 'Fax' }, 'remove');
  assert.deepEqual(resolution.ok && [resolution.skillId, resolution.retired], ['5', true]);
});

test('a vanished id can be removed, not assigned', async (t) => {
  const { client, codeOf } = await platform(t);
  assert.equal(await codeOf({ skillId: '99' }), 'unknown-skill');
  assert.deepEqual(await client.resolveSkill({ skillId: '99' }, 'remove'), {
    ok: true,
    skillId: '99',
    retired: true,
    allowedLevels: [],
    ageMs: 0,
  });
});

test('an id and a name must agree', async (t) => {
  const { codeOf } = await platform(t);
  assert.equal(await codeOf({ skillId: '1', name: 'Voice ' }), '1');
  assert.equal(await codeOf({ skillId: '1', name: 'voice' }), 'skill-mismatch');
  assert.equal(await codeOf({ skillId: '5', name: 'Chat' }, 'remove'), 'skill-mismatch');
});

test('names are compared exactly', async (t) => {
  const { codeOf } = await platform(t);
  assert.equal(await codeOf({ name: 'chat' }), 'unknown-skill');
  assert.equal(await codeOf({ name: 'Voice', skillGroup: 'sales' }), 'unknown-skill');
});

test('answers are used for 45 seconds from when they were asked for, and no longer', async (t) => {
  const { client, clock, double, lists } = await platform(t);
  await client.resolveSkill({ name: 'Chat' }, 'assign');
  clock.advance(44_999);
  const resolution = await client.resolveSkill({ name: 'Chat' }, 'assign');
  assert.equal(resolution.ok && resolution.ageMs, 44_999);
  assert.deepEqual([lists(), double.to('GET /api/v2/skills/4').length], [1, 1]);
  clock.advance(1);
  await client.resolveSkill({ name: 'Chat' }, 'assign');
  assert.deepEqual([lists(), double.to('GET /api/v2/skills/4').length], [2, 2]);
});

test('the time an answer takes counts towards its 45 seconds', async (t) => {
  const clock = createClock();
  const double = await startDouble(t, (_request, response) => {
    clock.advance(30_000);
    answerJson(response, 200, { skills: [] });
  });
  const client = connect(t, double.url, { monotonicNow: clock.now });
  await client.listSkills();
  clock.advance(15_000);
  await client.listSkills();
  assert.equal(double.to('GET /api/v2/skills').length, 2);
});

test('a request that is under way for 45 seconds is not waited for by newcomers', async (t) => {
  const clock = createClock();
  const arrived = gate();
  const slow = gate();
  let lists = 0;
  const double = await startDouble(t, (_request, response) => {
    lists += 1;
    const answer = () => {
      answerJson(response, 200, { skills: [] });
    };
    if (lists > 1) answer();
    else {
      arrived.open();
      void slow.opened.then(answer);
    }
  });
  const client = connect(t, double.url, { monotonicNow: clock.now });
  const first = client.listSkills();
  await arrived.opened;
  clock.advance(45_000);
  await client.listSkills();
  slow.open();
  await first;
  await client.listSkills();
  assert.equal(lists, 2, 'the late answer did not replace the newer one');
});

test('many resolutions at once ask once', async (t) => {
  const { client, double, lists } = await platform(t);
  await Promise.all(Array.from({ length: 30 }, () => client.resolveSkill({ name: 'Chat' }, 'assign')));
  assert.deepEqual([lists(), double.to('GET /api/v2/skills/4').length], [1, 1]);
});

test('a caller who gives up does not end the lookup of the others', async (t) => {
  const arrived = gate();
  const slow = gate();
  const double = await startDouble(t, (_request, response) => {
    arrived.open();
    void slow.opened.then(() => {
      answerJson(response, 200, { skills: CATALOGUE });
    });
  });
  const client = connect(t, double.url);
  const abort = new AbortController();
  const impatient = client.listSkills({ signal: abort.signal });
  const patient = client.listSkills();
  await arrived.opened;
  abort.abort();
  await assert.rejects(impatient, { reason: 'aborted' });
  slow.open();
  assert.equal((await patient).length, CATALOGUE.length);
  assert.equal(double.to('GET /api/v2/skills').length, 1);
});

test('a failed lookup is thrown and not remembered', async (t) => {
  const { client, state } = await platform(t);
  state.status = 500;
  await assert.rejects(client.resolveSkill({ name: 'Chat' }, 'assign'), { status: 500 });
  state.status = 200;
  assert.equal((await client.resolveSkill({ name: 'Chat' }, 'assign')).ok, true);
});

test('a skill that was added moments ago is found', async (t) => {
  const { clock, codeOf, lists, state } = await platform(t);
  assert.equal(await codeOf({ name: 'Video' }), 'unknown-skill');
  const video = { skillId: '6', name: 'Video' };
  state.listed.push(video);
  state.known.set('6', video);
  clock.advance(5_001);
  assert.equal(await codeOf({ name: 'Video' }), '6');
  assert.equal(lists(), 2);
});

test('refusals in a row do not ask for the list each time', async (t) => {
  const { clock, codeOf, lists } = await platform(t);
  for (let turn = 0; turn < 20; turn += 1) {
    assert.equal(await codeOf({ name: 'Video' }), 'unknown-skill');
    clock.advance(200);
  }
  assert.equal(lists(), 1);
});

test('an id that was recycled since the list was read is not used', async (t) => {
  const { client, clock, codeOf, lists, state } = await platform(t);
  await client.listSkills();
  clock.advance(1000);
  const moved = { skillId: '40', name: 'Chat' };
  state.known.set('4', { skillId: '4', name: 'Email' }).set('40', moved);
  state.listed = [{ skillId: '4', name: 'Email' }, moved];
  assert.equal(await codeOf({ name: 'Chat' }), '40');
  assert.equal(lists(), 2);
});

test('a list and a skill that go on contradicting each other are a mismatch', async (t) => {
  const { codeOf, lists, state } = await platform(t);
  state.known.set('4', { skillId: '4', name: 'Email' });
  assert.equal(await codeOf({ name: 'Chat' }), 'skill-mismatch');
  assert.equal(lists(), 1);
});

test('a skill of another id than the one asked for is unexpected', async (t) => {
  const { client, state } = await platform(t);
  state.known.set('1', { skillId: '2', name: 'Voice' });
  await assert.rejects(client.getSkill('1'), { name: 'UnexpectedAnswerError' });
});

test('a caller who has given up already asks nothing', async (t) => {
  const { client, double } = await platform(t);
  await assert.rejects(client.listSkills({ signal: AbortSignal.abort() }), { reason: 'aborted' });
  await assert.rejects(client.getSkill('1', { signal: AbortSignal.abort() }), { reason: 'aborted' });
  assert.equal(double.seen.length, 0);
});
