import assert from 'node:assert/strict';
import { branch } from '../support/branch.ts';
import { assign, remove } from '../support/stack.ts';

branch('assign', 'an assigned skill is read back from routing and the agent is in the queue', async (s) => {
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'provisioned');
  assert.deepEqual(settled.outcome.changes, [
    { skillId: 'skill-voice', name: 'voice', requestedLevel: 4, targetLevel: 4, previousLevel: 0, level: 4 },
  ]);
  assert.equal(settled.outcome.toggles, 1);
  const { skills, routing, state } = s.agent();
  assert.deepEqual(skills, [
    { skillId: 'skill-base', level: 2 },
    { skillId: 'skill-voice', level: 4 },
  ]);
  assert.deepEqual(routing, skills);
  assert.equal(state, 'AVAILABLE');
});

branch('remove', 'a removed skill is gone from routing and nothing else is', async (s) => {
  const settled = await s.client.provision(s.request({ changes: [remove('skill-base')] }));
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'provisioned');
  assert.deepEqual(settled.outcome.changes, [
    { skillId: 'skill-base', name: 'base', requestedLevel: 0, targetLevel: 0, previousLevel: 2, level: 0 },
  ]);
  assert.deepEqual(s.agent().routing, []);
});

branch('rounded', 'a decimal level is rounded half up and reported as asked', async (s) => {
  const settled = await s.client.provision(s.request({ changes: [assign('skill-voice', 2.5)] }));
  assert.ok(settled.kind === 'ended');
  const [change] = settled.outcome.changes;
  assert.deepEqual([change?.requestedLevel, change?.targetLevel, change?.level], [2.5, 3, 3]);
});

branch('unchanged', 'what holds already is neither written nor toggled', async (s) => {
  const settled = await s.client.provision(s.request({ changes: [assign('skill-base', 2)] }));
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'unchanged');
  assert.deepEqual(s.writes(), []);
});

branch(
  'directory-only',
  'what the directory has and routing has not is toggled, not written again',
  async (s) => {
    const settled = await s.client.provision(s.request());
    assert.ok(settled.kind === 'ended');
    assert.equal(settled.outcome.status, 'provisioned');
    assert.deepEqual(
      s.writes().map(({ operation }) => operation),
      ['patchState', 'patchState'],
    );
    assert.deepEqual(s.agent().routing, [{ skillId: 'skill-voice', level: 4 }]);
  },
  { agent: { skills: [{ skillId: 'skill-voice', level: 4 }], routing: [] } },
);

branch(
  'on-a-break',
  'an agent on a break is not made AVAILABLE; routing follows by itself',
  async (s) => {
    const settled = await s.client.provision(s.request());
    assert.ok(settled.kind === 'ended');
    assert.equal(settled.outcome.status, 'provisioned');
    assert.equal(settled.outcome.toggles, 0);
    assert.deepEqual(
      s.writes().map(({ operation }) => operation),
      ['patchAgent'],
    );
    assert.equal(s.agent().state, 'NOTAVAILABLE');
    assert.equal(s.agent().reason, 'BREAK');
  },
  { agent: { state: 'NOTAVAILABLE', reason: 'BREAK' } },
);

branch('by-name', 'a skill is found by its name and group', async (s) => {
  const changes = [{ action: 'assign' as const, skill: { name: 'twin', skillGroup: 'west' }, level: 3 }];
  const settled = await s.client.provision(s.request({ changes }));
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.changes[0]?.skillId, 'skill-twin-b');
  assert.equal(settled.outcome.status, 'provisioned');
});

branch(
  'retired',
  'an inactive skill, and one that is gone, can be removed from an agent who still has them',
  async (s) => {
    s.simulator.addSkill({ skillId: 'skill-gone', name: 'gone' });
    s.simulator.removeSkill('skill-gone');
    const settled = await s.client.provision(s.request({ changes: [remove('skill-old'), remove('skill-gone')] }));
    assert.ok(settled.kind === 'ended');
    assert.equal(settled.outcome.status, 'provisioned');
    assert.deepEqual(s.agent().routing, []);
  },
  {
    agent: {
      skills: [
        { skillId: 'skill-old', level: 1 },
        { skillId: 'skill-gone', level: 2 },
      ],
    },
  },
);
