import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadingStoppedError, type AppliedRequest, type DesiredState, type SavedPlan } from '../../client/index.ts';
import { READ_AGENTS_WORKFLOW } from '../../domain/agents-page.ts';
import { provisionWorkflowId } from '../../domain/workflow-id.ts';
import { startStack, type Stack } from '../support/stack.ts';

const ORDER = { requestedBy: 'kim', reason: 'peak' };
const SOURCE = { name: 'centre.yaml', sha256: 'a'.repeat(64) };

function planFor(s: Stack, skills: DesiredState['agents'][number]['skills']): Promise<SavedPlan> {
  return s.client.code.plan({ agents: [{ agentId: s.agentId, skills }], exclusive: [] }, SOURCE);
}

test('a level that somebody changes between the last look and the write is left alone, and not rolled back', async (t) => {
  const s = await startStack(t);
  const plan = await planFor(s, [{ skill: { name: 'base' }, level: 5 }]);
  const theirs = [{ skillId: 'skill-base', level: 1 }];
  const applied = new Map<string, AppliedRequest>();
  const [end] = await s.client.code.apply(plan, ORDER, {
    onRequest(request) {
      if (!applied.has(request.requestId)) s.simulator.editSkills(s.agentId, theirs);
      applied.set(request.requestId, request);
    },
  });
  assert.ok(end?.kind === 'ended');
  assert.deepEqual([end.outcome.status, end.outcome.problem?.code], ['rejected', 'changed-by-others']);
  s.simulator.editSkills(s.agentId, [{ skillId: 'skill-base', level: 5 }]);
  const back = await s.client.code.rollback(plan, [...applied.values()], ORDER);
  assert.deepEqual(back, { ends: [], left: [], open: [] });
  assert.deepEqual(s.agent().skills, [{ skillId: 'skill-base', level: 5 }]);
  await s.finish();
});

test('a rollback asks for the outcome of a request whose end nobody waited for', async (t) => {
  const s = await startStack(t);
  const plan = await planFor(s, [{ skill: { name: 'voice' }, level: 3 }]);
  let submitted: AppliedRequest | undefined;
  await s.client.code.apply(plan, ORDER, { onRequest: (request) => (submitted ??= request) });
  assert.ok(submitted !== undefined && submitted.outcome === undefined);
  const never = { ...submitted, requestId: 'never-submitted' };
  const back = await s.client.code.rollback(plan, [submitted, never], ORDER);
  assert.deepEqual(
    back.ends.map((end) => end.kind === 'ended' && end.outcome.status),
    ['provisioned'],
  );
  assert.deepEqual(s.agent().skills, [{ skillId: 'skill-base', level: 2 }]);
  await s.finish();
});

test('what a request has written that was cancelled while routing stayed behind is rolled back', async (t) => {
  const s = await startStack(t);
  s.simulator.disturbRouting(s.agentId, { never: true });
  const plan = await planFor(s, [{ skill: { name: 'voice' }, level: 3 }]);
  let submitted: AppliedRequest | undefined;
  const [end] = await s.client.code.apply(plan, ORDER, { onRequest: (request) => (submitted ??= request) });
  assert.ok(submitted !== undefined && end?.kind === 'parked');
  await s.client.cancel({ agentId: s.agentId, requestId: submitted.requestId, by: 'kim', note: 'not any more' });
  const { ends, left, open } = await s.client.code.rollback(plan, [submitted], ORDER);
  assert.deepEqual(
    ends.map((back) => back.kind === 'ended' && back.outcome.status),
    ['provisioned'],
  );
  assert.deepEqual([left, open], [[], []]);
  assert.deepEqual(s.agent().skills, [{ skillId: 'skill-base', level: 2 }]);
  await s.finish();
});

test('a level that a cancelled request may not have written is left and told', async (t) => {
  const s = await startStack(t, { agent: { state: 'CALL' }, policy: { idleLimit: '60s' } });
  const plan = await planFor(s, [{ skill: { name: 'voice' }, level: 3 }]);
  let applied: AppliedRequest | undefined;
  const applying = s.client.code.apply(plan, ORDER, { onRequest: (request) => (applied = request) });
  await s.until(({ state }) => state === 'AwaitingIdle');
  await s.client.cancel({ agentId: s.agentId, by: 'kim', note: 'not any more' });
  await applying;
  assert.ok(applied?.outcome?.status === 'cancelled');
  const theirs = [
    { skillId: 'skill-base', level: 2 },
    { skillId: 'skill-voice', level: 3 },
  ];
  s.simulator.editSkills(s.agentId, theirs);
  const back = await s.client.code.rollback(plan, [applied], ORDER);
  const [step] = applied.steps;
  assert.deepEqual(back, { ends: [], left: [{ agentId: s.agentId, step, level: 3 }], open: [] });
  assert.deepEqual(s.agent().skills, theirs);
  await s.finish();
});

test('a request that was lost with its run is listed, and the rest is rolled back', async (t) => {
  const s = await startStack(t, { policy: { idleLimit: '60s' } });
  const lost = `${s.agentId}-lost`;
  s.simulator.addAgent({ agentId: lost, skills: [], state: 'CALL' });
  const skills = [{ skill: { name: 'voice' }, level: 3 }];
  const agents = [s.agentId, lost].map((agentId) => ({ agentId, skills }));
  const plan = await s.client.code.plan({ agents, exclusive: [] }, SOURCE);
  const applied = new Map<string, AppliedRequest>();
  const applying = s.client.code.apply(plan, ORDER, { onRequest: (request) => applied.set(request.agentId, request) });
  const workflowId = provisionWorkflowId(s.tenantId, lost);
  await s.until(({ state }) => state === 'AwaitingIdle', workflowId);
  await s.temporal.workflow.getHandle(workflowId).terminate('by mistake');
  await applying;
  const { left, open } = await s.client.code.rollback(plan, [...applied.values()], ORDER);
  assert.deepEqual([left, open], [[], [applied.get(lost)]]);
  assert.deepEqual(s.agent().skills, [{ skillId: 'skill-base', level: 2 }]);
  await s.finish();
});

test('more changes of one agent than a request holds are made by several', async (t) => {
  const s = await startStack(t);
  const ids = Array.from({ length: 51 }, (_, index) => `skill-more-${index}`);
  for (const skillId of ids) s.simulator.addSkill({ skillId, name: skillId });
  const wanted = ids.map((skillId) => ({ skill: { skillId }, level: 1 }));
  const plan = await planFor(s, wanted);
  const ends = await s.client.code.apply(plan, ORDER);
  assert.equal(ends.length, 2);
  assert.equal(s.agent().skills.length, 52);
  assert.deepEqual((await planFor(s, wanted)).agents, []);
  await s.finish();
});

test('a reading that is stopped throws, and its work ends', async (t) => {
  const s = await startStack(t);
  const held = s.simulator.hold({ on: 'getAgent' });
  const stop = new AbortController();
  const reading = s.client.code.import([s.agentId], { signal: stop.signal });
  await held.arrived;
  stop.abort();
  await assert.rejects(reading, ReadingStoppedError);
  const query = `TaskQueue = "${s.taskQueue}" AND WorkflowType = "${READ_AGENTS_WORKFLOW}"`;
  let status = '';
  while (status !== 'CANCELLED') for await (const run of s.temporal.workflow.list({ query })) status = run.status.name;
  held.release();
});

test('a plan of another tenant is refused', async (t) => {
  const s = await startStack(t, { worker: 'none' });
  const plan: SavedPlan = {
    version: 1,
    tenantId: 'somebody-else',
    createdAt: '2026-11-23T09:00:00.000Z',
    source: SOURCE,
    agentsCompared: 0,
    agents: [],
    warnings: [],
    digest: 'a'.repeat(64),
  };
  await assert.rejects(s.client.code.apply(plan, ORDER), { code: 'invalid-request' });
  await assert.rejects(s.client.code.rollback(plan, [], ORDER), { code: 'invalid-request' });
});
