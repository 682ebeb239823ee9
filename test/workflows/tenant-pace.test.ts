import assert from 'node:assert/strict';
import { NotAcceptedError, type ProvisionRequest, type Settlement } from '../../client/index.ts';
import { createTemporalLink } from '../../client/temporal-link.ts';
import { PACE_WORKFLOW, paceWorkflowId } from '../../domain/workflow-id.ts';
import { createAcquirePermits } from '../../worker/permits.ts';
import type { AcquirePermits } from '../../worker/pace.ts';
import { branch } from '../support/branch.ts';
import type { Stack } from '../support/stack.ts';
import { shortHistoriesAddress, uniqueName } from '../support/temporal.ts';

const ORDER = { agentsPerMinute: 60, validMs: 750 };
/** However slow the machine is, the next ones are not due in time. */
const SCARCE = { ...ORDER, agentsPerMinute: 2 };

function permitsOf(s: Stack): AcquirePermits {
  return createAcquirePermits(createTemporalLink(s.temporal), s.taskQueue, s.tenantId);
}

branch(
  'pace',
  'a tenant has one pace, whoever asks, and orders that make no sense are refused',
  async (s) => {
    const [one, other] = [permitsOf(s), permitsOf(s)];
    const first = await one({ ...SCARCE, count: 2 });
    assert.equal(first.granted, 2);
    const second = await other({ ...SCARCE, count: 2 });
    assert.equal(second.granted, 0);
    assert.ok(second.retryAfterMs > 0);
    const closed = await other({ ...ORDER, count: 0, throttledMs: 40_000 });
    assert.ok(closed.backlogMs > 39_000);
    const settled = [{ id: 'one', used: -1, withinMs: 0 }];
    const bads = [null, {}, { ...ORDER, count: -1 }, { ...ORDER, count: 1, agentsPerMinute: 0.5 }];
    for (const bad of [...bads, { ...ORDER, count: 1, settled }, { ...ORDER, count: 1, settled: [null] }]) {
      await assert.rejects(one(bad as never), /whole numbers/);
    }
    assert.equal((await one({ ...ORDER, count: 1 })).granted, 0);
  },
  { workflowType: PACE_WORKFLOW },
);

branch(
  'pace-returned',
  'permits that a worker did not use are given to others',
  async (s) => {
    const [one, other] = [permitsOf(s), permitsOf(s)];
    assert.equal((await one({ ...SCARCE, id: 'one', count: 2 })).granted, 2);
    assert.equal((await other({ ...SCARCE, id: 'other', count: 1 })).granted, 0);
    const settled = [{ id: 'one', used: 1, withinMs: 300 }];
    assert.equal((await one({ ...SCARCE, id: 'two', count: 0, settled })).granted, 0);
    assert.equal((await other({ ...SCARCE, id: 'another', count: 2 })).granted, 1);
  },
  { workflowType: PACE_WORKFLOW },
);

branch(
  'pace-continues',
  'a pace that continues as new forgets nothing it gave out',
  async (s) => {
    const acquire = permitsOf(s);
    await acquire({ ...ORDER, count: 0, throttledMs: 600_000 });
    const { runId } = await s.temporal.workflow.getHandle(paceWorkflowId(s.tenantId)).describe();
    let now = runId;
    while (now === runId) {
      const grant = await acquire({ ...ORDER, count: 1 }).catch(() => undefined);
      if (grant !== undefined) assert.equal(grant.granted, 0);
      now = (await s.temporal.workflow.getHandle(paceWorkflowId(s.tenantId)).describe()).runId;
    }
    assert.equal((await acquire({ ...ORDER, count: 1 })).granted, 0);
  },
  { workflowType: PACE_WORKFLOW, temporalAddress: shortHistoriesAddress },
);

/** A worker without a cache has no room for the pace and the agents at once, and may not take a request in time. */
async function untilTaken(s: Stack, request: ProvisionRequest): Promise<Settlement> {
  for (;;) {
    try {
      return await s.client.provision(request);
    } catch (error) {
      if (!(error instanceof NotAcceptedError)) throw error;
    }
  }
}

branch(
  'paced',
  "changes that have no turn yet in the tenant's pace wait for it, however long, and then go out",
  async (s) => {
    const agentIds = Array.from({ length: 4 }, () => uniqueName('agent'));
    for (const agentId of agentIds) s.simulator.addAgent({ agentId });
    const settled = await Promise.all(agentIds.map((agentId) => untilTaken(s, s.request({ agentId }))));
    assert.deepEqual(
      settled.map((one) => one.kind === 'ended' && one.outcome.status),
      agentIds.map(() => 'provisioned'),
    );
    assert.ok(s.simulator.ledger.every(({ status }) => status !== 429));
  },
  // The last one has its turn long after the limit for an outage.
  { env: { CXONE_AGENTS_PER_MINUTE: '12' } },
);
