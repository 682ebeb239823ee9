import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnexpectedAnswerError } from '../../cxone/errors.ts';
import { answerJson, connect, startDouble } from '../support/cxone-double.ts';

const SKILLS = [
  { skillId: '7', level: 4, name: 'Chat' },
  { skillId: 'b.8_x', level: 1 },
];
const PATCH = { wishes: [{ skillId: '7', level: 4 }], etag: '"1"', idempotencyKey: 'A1_7_1' };

test('a reading of an agent has the inventory and the ETag', async (t) => {
  const double = await startDouble(t, (_request, response) => {
    answerJson(response, 200, { agentId: 'A1', skills: SKILLS, team: 'x' }, { etag: 'W/"abc"' });
  });
  assert.deepEqual(await connect(t, double.url).getAgent('A1'), { skills: SKILLS, etag: 'W/"abc"' });
});

test('a reading without an ETag can not be written on', async (t) => {
  const double = await startDouble(t, (_request, response) => {
    answerJson(response, 200, { agentId: 'A1', skills: [] });
  });
  await assert.rejects(connect(t, double.url).getAgent('A1'), UnexpectedAnswerError);
});

test('a PATCH carries the ETag, the key and nothing but the wishes', async (t) => {
  const double = await startDouble(t, (_request, response) => {
    answerJson(response, 200, { agentId: 'A1', skills: SKILLS }, { etag: '"2"' });
  });
  const wishes = [
    { skillId: '7', level: 4, name: 'not sent' },
    { skillId: '9', level: 0 },
  ];
  const answer = await connect(t, double.url).patchAgentSkills('A1', { ...PATCH, wishes });
  assert.deepEqual(answer, { skills: SKILLS, etag: '"2"' });
  const [request] = double.to('PATCH /api/v2/agents/A1');
  assert.equal(request?.headers['if-match'], '"1"');
  assert.equal(request.headers['x-idempotency-key'], 'A1_7_1');
  assert.equal(request.headers['content-type'], 'application/json');
  assert.equal(request.body, '{"skills":[{"skillId":"7","level":4},{"skillId":"9","level":0}]}');
});

test('hostile ids never become part of a path', async (t) => {
  const double = await startDouble(t, (_request, response) => {
    answerJson(response, 200, {});
  });
  const client = connect(t, double.url);
  for (const id of [
    '',
    '.',
    '..',
    'a/b',
    '../x',
    '%2e',
    '%2e%2e',
    'a?b',
    'a#b',
    'a\\b',
    'ä',
    'a\u0000',
    'a\r\nb',
    'x'.repeat(65),
  ]) {
    for (const call of [
      () => client.getAgent(id),
      () => client.getState(id),
      () => client.setState(id, 'AVAILABLE', undefined),
      () => client.getRoutingSkills(id),
      () => client.patchAgentSkills(id, PATCH),
      () => client.patchAgentSkills('A1', { ...PATCH, wishes: [{ skillId: id, level: 3 }] }),
      () => client.getSkill(id),
    ]) {
      await assert.rejects(call, TypeError, JSON.stringify(id));
    }
    const resolution = await client.resolveSkill({ skillId: id }, 'remove');
    assert.equal(!resolution.ok && resolution.problem.code, 'unknown-skill');
  }
  assert.equal(double.seen.length, 0);
});

test('a level the platform would clamp, or a skill twice, is not sent', async (t) => {
  const double = await startDouble(t, () => {});
  const client = connect(t, double.url);
  const twice = { skillId: '7', level: 2 };
  const many = Array.from({ length: 51 }, (_, n) => ({ skillId: String(n), level: 1 }));
  for (const level of [-1, 6, 2.5, NaN, Infinity]) {
    await assert.rejects(client.patchAgentSkills('A1', { ...PATCH, wishes: [{ skillId: '7', level }] }), TypeError);
  }
  for (const wishes of [[], [twice, twice], many]) {
    await assert.rejects(client.patchAgentSkills('A1', { ...PATCH, wishes }), TypeError);
  }
  await assert.rejects(client.patchAgentSkills('A1', { ...PATCH, etag: '"1"\r\nx: y' }), TypeError);
  await assert.rejects(client.patchAgentSkills('A1', { ...PATCH, idempotencyKey: 'ä' }), TypeError);
  assert.equal(double.seen.length, 0);
});

test('an inventory that lists a skill twice is unexpected', async (t) => {
  const double = await startDouble(t, (_request, response) => {
    answerJson(response, 200, { agentId: 'A1', skills: [SKILLS[0], SKILLS[0]] }, { etag: '"1"' });
  });
  await assert.rejects(connect(t, double.url).getAgent('A1'), UnexpectedAnswerError);
});

test('a state the project has never heard of is passed on, with its reason', async (t) => {
  const states = [
    { currentState: 'LUNCH', reason: ' Noon ' },
    { currentState: 'AVAILABLE', reason: null },
    { currentState: 'NOTAVAILABLE', reason: '' },
  ];
  let turn = 0;
  const double = await startDouble(t, (_request, response) => {
    answerJson(response, 200, { agentId: 'A1', ...states[turn++] });
  });
  const client = connect(t, double.url);
  assert.deepEqual(await client.getState('A1'), { state: 'LUNCH', reason: 'Noon' });
  assert.deepEqual(await client.getState('A1'), { state: 'AVAILABLE' });
  assert.deepEqual(await client.getState('A1'), { state: 'NOTAVAILABLE' });
});

test('a change of state is accepted with or without a body, but not if it shows another state', async (t) => {
  const bodies = ['', '{"agentId":"A1","currentState":"NOTAVAILABLE"}', '{}', '{"currentState":"CALL"}', '<html>'];
  let turn = 0;
  const double = await startDouble(t, (_request, response) => response.writeHead(200).end(bodies[turn++]));
  const client = connect(t, double.url);
  const change = () => client.setState('A1', 'NOTAVAILABLE', 'ADMINISTRATIVE');
  await change();
  await change();
  await change();
  await assert.rejects(change, { name: 'UnexpectedAnswerError', maybeApplied: true });
  await assert.rejects(change, { name: 'UnexpectedAnswerError', maybeApplied: true });
  const [first] = double.to('PATCH /api/v2/supervisor/agents/A1/state');
  assert.equal(first?.body, '{"state":"NOTAVAILABLE","reason":"ADMINISTRATIVE"}');
});

test('what the router uses is read as ids and levels', async (t) => {
  const double = await startDouble(t, (_request, response) => {
    answerJson(response, 200, { agentId: 'A1', skills: SKILLS });
  });
  assert.deepEqual(await connect(t, double.url).getRoutingSkills('A1'), [
    { skillId: '7', level: 4 },
    { skillId: 'b.8_x', level: 1 },
  ]);
});
