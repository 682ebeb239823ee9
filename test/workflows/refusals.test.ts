import assert from 'node:assert/strict';
import type { ProvisionRequest, SkillChange } from '../../domain/request.ts';
import type { ProvisionResult } from '../../domain/outcome.ts';
import { provisionWorkflowId } from '../../domain/workflow-id.ts';
import { branch } from '../support/branch.ts';
import { assign, remove, type Stack } from '../support/stack.ts';
import { uniqueName } from '../support/temporal.ts';

/** Sends a request past the client, and expects it to be refused with nothing written. */
async function expectRejected(s: Stack, request: unknown, code: string): Promise<string> {
  const handle = await s.start(request);
  const { outcomes } = (await handle.result()) as ProvisionResult;
  const [outcome] = outcomes;
  assert.ok(outcome?.problem);
  assert.equal(outcome.status, 'rejected');
  assert.equal(outcome.problem.code, code);
  assert.deepEqual(s.writes(), []);
  return outcome.problem.message;
}

function named(name: string, level: number): SkillChange {
  return { action: 'assign', skill: { name }, level };
}

branch('unknown-skill', 'an unknown skill is refused before anything is written', async (s) => {
  await expectRejected(s, s.request({ changes: [assign('skill-nowhere', 3)] }), 'unknown-skill');
  await expectRejected(s, s.request({ changes: [named('nowhere', 3)] }), 'unknown-skill');
  await expectRejected(s, s.request({ changes: [remove('skill-nowhere')] }), 'unknown-skill');
});

branch('inactive-skill', 'an inactive skill can not be assigned', async (s) => {
  await expectRejected(s, s.request({ changes: [assign('skill-old', 3)] }), 'skill-inactive');
});

branch('ambiguous-skill', 'an ambiguous name is refused with the id and group of each candidate', async (s) => {
  const message = await expectRejected(s, s.request({ changes: [named('twin', 3)] }), 'ambiguous-skill');
  for (const part of ['skill-twin-a', 'east', 'skill-twin-b', 'west']) assert.ok(message.includes(part), message);
  // That the agent has only one of them does not say that it is the one that is meant.
  s.simulator.editSkills(s.agentId, [{ skillId: 'skill-twin-a', level: 2 }]);
  const removal: SkillChange = { action: 'remove', skill: { name: 'twin' } };
  await expectRejected(s, s.request({ changes: [removal] }), 'ambiguous-skill');
});

branch('mismatched-skill', 'an id and a name that do not agree are refused', async (s) => {
  const changes: SkillChange[] = [{ action: 'assign', skill: { skillId: 'skill-voice', name: 'chat' }, level: 3 }];
  await expectRejected(s, s.request({ changes }), 'skill-mismatch');
});

branch('level-not-allowed', 'a level outside the skill’s own set is refused', async (s) => {
  const message = await expectRejected(s, s.request({ changes: [assign('skill-pci', 3)] }), 'level-not-allowed');
  assert.match(message, /1, 5/);
});

branch('level-refused', 'a level the platform would clamp silently never leaves the worker', async (s) => {
  const message = await expectRejected(s, s.request({ changes: [assign('skill-voice', 7)] }), 'level-refused');
  assert.match(message, /7/);
});

branch('duplicate-skill', 'one skill under two references is refused', async (s) => {
  const changes = [assign('skill-voice', 3), named('voice', 4)];
  await expectRejected(s, s.request({ changes }), 'duplicate-skill');
});

branch('unknown-agent', 'an unknown agent is refused', async (s) => {
  const agentId = uniqueName('nobody');
  const stranger = { ...s, workflowId: provisionWorkflowId(s.tenantId, agentId) };
  const handle = await s.temporal.workflow.start('ProvisionSkillWorkflow', {
    workflowId: stranger.workflowId,
    taskQueue: s.taskQueue,
    args: [s.request({ agentId })],
  });
  const { outcomes } = (await handle.result()) as ProvisionResult;
  assert.equal(outcomes[0]?.problem?.code, 'unknown-agent');
});

branch('unknown-tenant', 'a tenant the worker does not serve is refused', async (s) => {
  const handle = await s.temporal.workflow.start('ProvisionSkillWorkflow', {
    workflowId: provisionWorkflowId('elsewhere', s.agentId),
    taskQueue: s.taskQueue,
    args: [s.request({ tenantId: 'elsewhere' })],
  });
  const { outcomes } = (await handle.result()) as ProvisionResult;
  assert.equal(outcomes[0]?.problem?.code, 'unknown-tenant');
});

branch('policy-refused', 'a policy beyond what protects people is refused by the worker as well', async (s) => {
  const message = await expectRejected(s, s.request({ policy: { toggleLimit: 4 } }), 'policy-refused');
  assert.match(message, /toggleLimit/);
  const { events = [] } = await s.temporal.workflow.getHandle(s.workflowId).fetchHistory();
  const scheduled = events?.map((event) => event.activityTaskScheduledEventAttributes?.activityType?.name);
  assert.ok(scheduled?.includes('recordAudit'), 'a task that is lost would leave two records of the outcome');
});

branch('no-input', 'a run started without input ends rejected instead of standing still', async (s) => {
  const message = await expectRejected(s, undefined, 'invalid-request');
  assert.match(message, /request/);
});

branch('malformed-input', 'a run started with something else than a request says what is wrong', async (s) => {
  const request: Partial<ProvisionRequest> = { requestId: 'r 1', changes: [] };
  const message = await expectRejected(s, request, 'invalid-request');
  for (const field of ['requestId', 'tenantId', 'agentId', 'changes', 'requestedBy', 'reason']) {
    assert.ok(message.includes(field), `${field} in: ${message}`);
  }
});

branch('foreign-request', 'a request for another agent is not carried out by this agent’s run', async (s) => {
  await expectRejected(s, s.request({ agentId: 'someone-else' }), 'invalid-request');
});

branch('wrong-workflow-id', 'a run under an id that is nobody’s lock ends at once', async (s) => {
  const handle = await s.temporal.workflow.start('ProvisionSkillWorkflow', {
    workflowId: uniqueName('my-own-id'),
    taskQueue: s.taskQueue,
    args: [s.request()],
  });
  const { outcomes } = (await handle.result()) as ProvisionResult;
  const problem = outcomes[0]?.problem;
  assert.ok(problem);
  assert.equal(problem.code, 'wrong-workflow-id');
  assert.match(problem.message, /provision-skill\/\{tenantId\}\/\{agentId\}/);
  assert.deepEqual(s.writes(), []);
});
