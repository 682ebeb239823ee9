import assert from 'node:assert/strict';
import type { BulkRequest } from '../../client/index.ts';
import { BULK_PAGE_WORKFLOW, BULK_WORKFLOW } from '../../domain/bulk.ts';
import { provisionWorkflowId } from '../../domain/workflow-id.ts';
import { submitRequestUpdate } from '../../workflows/provision-skill.messages.ts';
import { branch } from '../support/branch.ts';
import { item, items, reportOf, until } from '../support/bulk.ts';
import { assign, type Stack } from '../support/stack.ts';
import { uniqueName } from '../support/temporal.ts';

/** A request that waits behind somebody else's case, and that case. */
async function behindACase(s: Stack): Promise<{ behind: BulkRequest; theirs: BulkRequest }> {
  const theirs = item(s);
  s.simulator.disturbRouting(theirs.agentId, { never: true });
  assert.equal((await s.client.provision(theirs)).kind, 'parked');
  const behind = item(s, { agentId: theirs.agentId, changes: [assign('skill-chat', 2)] });
  // Past the client, whose repetitions the server answers: a page looks up at once what the run itself knows already.
  const run = s.temporal.workflow.getHandle(provisionWorkflowId(s.tenantId, theirs.agentId));
  await run.executeUpdate(submitRequestUpdate, { args: [{ ...behind, tenantId: s.tenantId }] });
  return { behind, theirs };
}

branch(
  'bulk-page-blocked',
  "what waits behind somebody else's case is cancelled with its bulk, and not carried out when the case is decided",
  async (s) => {
    const bulkId = uniqueName('bulk');
    const { behind, theirs } = await behindACase(s);
    await s.client.bulk.submit({ bulkId, pages: [{ requests: [behind] }, { requests: items(s, 1, 'CALL') }] });
    await until(s, bulkId, ({ submitted, settled }) => submitted === 2 && settled === 1);
    await s.client.bulk.cancel({ bulkId, by: 'kim', note: 'as agreed' });
    const { state, counts } = await s.client.bulk.wait(bulkId);
    assert.deepEqual([state, counts], ['cancelled', { cancelled: 2 }]);
    await s.client.reconcile({ agentId: theirs.agentId, action: 'accept', operator: 'kim', note: 'as it is' });
    const { skills } = s.simulator.agent(theirs.agentId);
    assert.ok(skills.every(({ skillId }) => skillId !== 'skill-chat'));
  },
  { workflowType: BULK_PAGE_WORKFLOW, policy: { idleLimit: '60s' } },
);

branch(
  'bulk-blocked',
  "a bulk ends though one of its requests waits behind somebody else's case",
  async (s) => {
    const bulkId = uniqueName('bulk');
    const { behind } = await behindACase(s);
    await s.client.bulk.submit({ bulkId, pages: [{ requests: [behind] }, { requests: items(s, 1) }] });
    const { state, counts } = await s.client.bulk.wait(bulkId);
    assert.deepEqual([state, counts], ['completed', { provisioned: 1, 'awaiting-reconciliation': 1 }]);
    const [line] = await reportOf(s, bulkId);
    assert.equal(line?.reason, 'blocked-by-reconciliation');
  },
  { workflowType: BULK_WORKFLOW },
);
