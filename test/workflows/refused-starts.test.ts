import assert from 'node:assert/strict';
import type { ProvisionResult } from '../../domain/outcome.ts';
import { temporaryWorkflowId, TEMPORARY_WORKFLOW } from '../../domain/workflow-id.ts';
import { submitRequestUpdate } from '../../workflows/provision-skill.messages.ts';
import { branch } from '../support/branch.ts';
import type { Stack } from '../support/stack.ts';
import { uniqueName } from '../support/temporal.ts';

async function refusals(s: Stack) {
  return (await s.audit()).filter(({ data }) => data.status === 'refused');
}

branch('refused-start', 'a run that was started with no request is in the audit trail', async (s) => {
  const handle = await s.start({ requestId: 'r1', requestedBy: 'e\0ve\ud800' });
  await handle.result();
  const [{ data, subject } = assert.fail()] = await refusals(s);
  assert.deepEqual(
    [data.outcome, data.actor, data.requestId, subject],
    ['failure', 'e\ufffdve\ufffd', 'r1', s.agentId],
  );
  assert.match(data.problem?.message ?? '', /reason/);
});

branch(
  'refused-listener',
  'a request that is to be told to a workflow there can’t be is refused, and holds nobody up',
  async (s) => {
    for (const notifyWorkflowId of ['', '技'.repeat(334)]) {
      const handle = await s.start(s.request({ notifyWorkflowId }));
      const { outcomes } = (await handle.result()) as ProvisionResult;
      assert.deepEqual(
        outcomes.map(({ status, problem }) => [status, problem?.code]),
        [['rejected', 'invalid-request']],
      );
      assert.match(outcomes[0]?.problem?.message ?? '', /notifyWorkflowId/);
    }
    s.simulator.setState(s.agentId, 'CALL');
    const submitted = await s.client.submit(s.request());
    const handle = s.temporal.workflow.getHandle(s.workflowId);
    const refused = handle.executeUpdate(submitRequestUpdate, { args: [s.request({ notifyWorkflowId: '' })] });
    await assert.rejects(refused, ({ cause }: Error) => /notifyWorkflowId/.test(String(cause)));
    s.simulator.setState(s.agentId, 'AVAILABLE');
    const settled = await submitted.result();
    assert.ok(settled.kind === 'ended');
    assert.equal(settled.outcome.status, 'provisioned');
  },
  { policy: { idleLimit: '60s' } },
);

branch('refused-id', 'a run under an id that is nobody’s lock is in the audit trail', async (s) => {
  for (const args of [[s.request()], []]) {
    const workflowId = uniqueName('my-own-id');
    const handle = await s.temporal.workflow.start('ProvisionSkillWorkflow', {
      workflowId,
      taskQueue: s.taskQueue,
      args,
    });
    await handle.result();
  }
  const found = await refusals(s);
  assert.deepEqual(
    found.map(({ data }) => [data.actor, data.tenantId, data.agentId, data.problem?.code]),
    [
      ['test', s.tenantId, s.agentId, 'wrong-workflow-id'],
      ['-', '-', '-', 'wrong-workflow-id'],
    ],
  );
});

branch(
  'temporary-refused',
  'a temporary skill that makes no sense, and orders that come too late, are in the audit trail',
  async (s) => {
    const workflowId = temporaryWorkflowId(s.tenantId, s.agentId, 'by-hand');
    const start = (args: unknown[]) =>
      s.temporal.workflow.start(TEMPORARY_WORKFLOW, { workflowId, taskQueue: s.taskQueue, args });
    await assert.rejects((await start([{ requestedBy: 'eve' }])).result());
    const from = '2098-01-01T10:00:00Z';
    const until = '2099-01-01T10:00:00Z';
    const facts = { temporaryId: 'by-hand', tenantId: s.tenantId, agentId: s.agentId, level: 3 };
    const why = { requestedBy: 'test', reason: 'peak hours' };
    const handle = await start([{ ...facts, ...why, skill: { skillId: 'skill-voice' }, from, until }]);
    await assert.rejects(handle.executeUpdate('endTemporary', { args: [{ by: 'kim', note: 'stop' }] }));
    await handle.executeUpdate('cancelTemporary', { args: [{ by: 'kim', note: 'not needed' }] });
    await handle.result();
    const events = (await s.audit()).map(({ data }) => [data.status, data.outcome, data.actor, data.problem?.code]);
    assert.deepEqual(events, [
      ['refused', 'failure', 'eve', 'invalid-request'],
      ['temporary-end', 'failure', 'kim', 'not-applicable'],
      ['temporary-cancel', 'success', 'kim', undefined],
    ]);
  },
  { workflowType: TEMPORARY_WORKFLOW },
);
