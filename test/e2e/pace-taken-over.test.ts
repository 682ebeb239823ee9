import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTemporalLink } from '../../client/temporal-link.ts';
import { PACE_WORKFLOW, paceWorkflowId } from '../../domain/workflow-id.ts';
import { createAcquirePermits } from '../../worker/permits.ts';
import type { PermitGrant } from '../../workflows/tenant-pace.messages.ts';
import { startStack } from '../support/stack.ts';
import { uniqueName } from '../support/temporal.ts';

test('a pace that was left on a task queue without workers is taken over, and what it gave out is waited out', async (t) => {
  const s = await startStack(t);
  const workflowId = paceWorkflowId(s.tenantId);
  const left = await s.temporal.workflow.start(PACE_WORKFLOW, { workflowId, taskQueue: uniqueName('left'), args: [] });
  const acquire = createAcquirePermits(createTemporalLink(s.temporal), s.taskQueue, s.tenantId);
  let grant: PermitGrant | undefined;
  while (grant === undefined) {
    grant = await acquire({ count: 1, agentsPerMinute: 60, validMs: 750 }).catch(() => undefined);
  }
  const first = s.temporal.workflow.getHandle(workflowId, left.firstExecutionRunId);
  assert.equal((await first.describe()).status.name, 'TERMINATED');
  assert.equal(grant.granted, 0);
  assert.ok(grant.backlogMs > 60_000, `${grant.backlogMs}`);
  await s.finish();
});
