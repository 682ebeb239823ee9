import assert from 'node:assert/strict';
import { branch } from '../support/branch.ts';
import type { Stack } from '../support/stack.ts';

const CHANGE = { action: 'assign', skill: { skillId: 'skill-base' }, level: 4, expectedLevel: 2 } as const;

function editedByOthers(s: Stack, level: number): () => void {
  return () => s.simulator.editSkills(s.agentId, [{ skillId: 'skill-base', level }]);
}

branch('expected-level', 'a change that expects a level is made where the directory shows it', async (s) => {
  const settled = await s.client.provision(s.request({ changes: [CHANGE] }));
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'provisioned');
  const again = await s.client.provision(s.request({ changes: [CHANGE] }));
  assert.ok(again.kind === 'ended');
  assert.equal(again.outcome.status, 'unchanged');
});

branch('unexpected-level', 'a change that expects another level than there is leaves the agent alone', async (s) => {
  editedByOthers(s, 3)();
  const settled = await s.client.provision(s.request({ changes: [CHANGE] }));
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'rejected');
  assert.equal(settled.outcome.problem?.code, 'changed-by-others');
  assert.equal(settled.outcome.changes[0]?.previousLevel, 3);
  assert.deepEqual(s.writes(), []);
});

branch(
  'unexpected-at-the-write',
  'a level that others change between the read and the write is left alone',
  async (s) => {
    s.simulator.addFault({
      on: 'patchAgent',
      times: 1,
      do: { kind: 'call', when: 'before', run: editedByOthers(s, 3) },
    });
    const settled = await s.client.provision(s.request({ changes: [CHANGE] }));
    assert.ok(settled.kind === 'ended');
    assert.equal(settled.outcome.problem?.code, 'changed-by-others');
    assert.deepEqual(
      s.writes().map(({ status }) => status),
      [412],
    );
  },
);

branch('unexpected-after-a-loss', 'others who were faster than a change that got lost are for a person', async (s) => {
  s.simulator.addFault({
    on: 'patchAgent',
    times: 1,
    do: [
      { kind: 'call', when: 'before', run: editedByOthers(s, 3) },
      { kind: 'drop', when: 'before' },
    ],
  });
  const settled = await s.client.provision(s.request({ changes: [CHANGE] }));
  assert.ok(settled.kind === 'parked');
  assert.equal(settled.reason, 'conflict-limit');
  assert.match(settled.problem?.message ?? '', /skill-base is 3, not 2/);
  const after = await s.client.reconcile({ agentId: s.agentId, action: 'accept', operator: 'kim', note: 'fine' });
  assert.ok(after.kind === 'ended');
  assert.equal(after.outcome.changes[0]?.level, 3);
});
