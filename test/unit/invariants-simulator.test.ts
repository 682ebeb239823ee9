import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertInvariants, checkInvariants, type InvariantInput } from '../support/invariants.ts';
import { Story } from '../support/invariants-story.ts';
import { startWithCaller, type Caller } from '../support/simulator-caller.ts';

const AGENT = '/api/v2/agents/a1';
const STATE = '/api/v2/supervisor/agents/a1/state';
const WISH = { skillId: 'sk-1001', level: 4 };

/** Provisions by hand what the request `q1` asks for, with a trail that fits. `inside` runs while the agent is out. */
async function provision(
  { get, patch, simulator }: Caller,
  inside: () => void = () => undefined,
): Promise<InvariantInput> {
  const trail = new Story();
  const request = { requestId: 'q1', tenantId: 'demo', agentId: 'a1', requestedBy: 'x', reason: 'y' };
  const now = (): { time: string } => ({ time: new Date().toISOString() });
  await get('/api/v2/skills');
  await get(STATE);
  const etag = (await get(AGENT)).headers.get('etag') ?? '';
  const before = simulator.agent('a1').skills;
  const changes = [{ action: 'assign' as const, skillId: WISH.skillId, requestedLevel: 4, targetLevel: 4 }];
  trail.record({ ...request, stage: 'intent', changes, before });
  Object.assign(trail.audit[0] ?? {}, now());
  await patch(AGENT, { skills: [WISH] }, { 'if-match': etag, 'x-idempotency-key': 'a1_sk-1001_1' });
  await patch(STATE, { state: 'NOTAVAILABLE', reason: 'ADMINISTRATIVE' });
  inside();
  await patch(STATE, { state: 'AVAILABLE' });
  await get('/api/v2/supervisor/agents/a1/skills');
  const { ledger, initialInventories, timeScale } = simulator;
  trail.record({ ...request, stage: 'outcome', status: 'provisioned', changes, after: simulator.agent('a1').skills });
  Object.assign(trail.audit[1] ?? {}, now());
  const level = { skillId: WISH.skillId, requestedLevel: 4, targetLevel: 4, level: 4 };
  return {
    ledger,
    initialInventories,
    timeScale,
    audit: trail.audit,
    policy: {},
    parked: [],
    requests: [{ ...request, changes: [{ action: 'assign', skill: { skillId: WISH.skillId }, level: 4 }] }],
    outcomes: [{ requestId: 'q1', status: 'provisioned', changes: [level], toggles: 1, conflicts: 0 }],
  };
}

const agents = [{ agentId: 'a1', skills: [{ skillId: 'sk-2001', level: 2 }] }];

test('what the simulator writes down of a clean run violates nothing', async (t) => {
  const caller = await startWithCaller(t, { agents, timeScale: 1e-6 });
  const input = await provision(caller);
  assertInvariants({ ...input, requireCases: ['I1', 'I3', 'I4', 'I7', 'I8', 'I9', 'I11', 'I12', 'I13', 'I14', 'I15'] });
});

test('what the simulator writes down of a toggle that is too short is caught', async (t) => {
  const caller = await startWithCaller(t, { agents, timeScale: 1000 });
  const report = checkInvariants(await provision(caller));
  assert.match(report.I7.violations.join('\n'), /ms between #\d+ and #\d+/);
  assert.match(report.I3.violations.join('\n'), /no getRouting after its last write shows that/);
});

test('an edit of a third party inside the toggle is no skill lost', async (t) => {
  const caller = await startWithCaller(t, { agents, timeScale: 1e-6 });
  const edit = (): void =>
    caller.simulator.editSkills('a1', [...caller.simulator.agent('a1').skills, { skillId: 'sk-1002', level: 1 }]);
  const input = await provision(caller, edit);
  assert.deepEqual(checkInvariants(input).I1, { cases: 1, violations: [] });
});
