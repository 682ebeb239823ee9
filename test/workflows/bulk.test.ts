import assert from 'node:assert/strict';
import type { BulkRequest } from '../../client/index.ts';
import { BULK_PAGE_WORKFLOW, BULK_WORKFLOW, bulkPageWorkflowId, bulkWorkflowId } from '../../domain/bulk.ts';
import { PROVISION_WORKFLOW, provisionWorkflowId } from '../../domain/workflow-id.ts';
import { branch } from '../support/branch.ts';
import { item, items, reportOf, until } from '../support/bulk.ts';
import { assign, type Stack } from '../support/stack.ts';
import { shortHistoriesAddress, uniqueName } from '../support/temporal.ts';

const BY = { by: 'kim', note: 'as agreed' };

branch(
  'bulk',
  'a bulk does what each of its requests asks for, page after page, and reports a line for each',
  async (s) => {
    const bulkId = uniqueName('bulk');
    const stuck = item(s);
    s.simulator.disturbRouting(stuck.agentId, { never: true });
    const pages = [
      { requests: [{ ...item(s), line: 2 }, item(s, { changes: [assign('skill-gone', 3)] })] },
      { requests: [stuck] },
      { requests: items(s, 3) },
    ];
    const submitted = await s.client.bulk.submit({ bulkId, pages });
    assert.deepEqual([submitted.pages, submitted.requests], [3, 6]);
    const progress = await s.client.bulk.wait(bulkId);
    assert.equal(progress.state, 'completed');
    assert.deepEqual(progress.counts, { provisioned: 4, rejected: 1, 'awaiting-reconciliation': 1 });
    assert.deepEqual([progress.submitted, progress.settled], [6, 6]);

    const lines = await reportOf(s, bulkId);
    assert.deepEqual(
      lines.map(({ requestId }) => requestId),
      pages.flatMap(({ requests }) => requests.map(({ requestId }) => requestId)),
    );
    const [first, unknown, parked] = lines;
    assert.deepEqual([first?.line, first?.status, first?.outcome?.changes[0]?.level], [2, 'provisioned', 4]);
    assert.deepEqual([unknown?.status, unknown?.outcome?.problem?.code], ['rejected', 'unknown-skill']);
    assert.deepEqual([parked?.status, parked?.reason], ['awaiting-reconciliation', 'routing-not-synchronised']);

    const asked = s.simulator.ledger.length;
    await s.client.bulk.submit({ bulkId, pages });
    assert.equal(s.simulator.ledger.length, asked);
    const other = [{ requests: items(s, 1) }];
    await assert.rejects(s.client.bulk.submit({ bulkId, pages: other }), { code: 'bulk-id-reused' });
    await assert.rejects(s.client.bulk.cancel({ bulkId, ...BY }), { code: 'bulk-closed' });
    await assert.rejects(s.client.bulk.progress(uniqueName('bulk')), { code: 'unknown-bulk' });

    const order = { agentId: stuck.agentId, action: 'accept', operator: 'kim', note: 'as it is' } as const;
    await s.client.reconcile(order);
    assert.equal((await reportOf(s, bulkId))[2]?.status, 'accepted');
  },
  { workflowType: BULK_WORKFLOW },
);

branch(
  'bulk-page',
  'what others have asked for before is followed up, also when nobody tells the bulk; a terminated run frees its place',
  async (s) => {
    const bulkId = uniqueName('bulk');
    const [known, lost] = items(s, 2, 'CALL') as [BulkRequest, BulkRequest];
    for (const request of [known, lost]) {
      const { requestId, agentId } = request;
      const args = [{ ...request, tenantId: s.tenantId }];
      const workflowId = provisionWorkflowId(s.tenantId, agentId);
      await s.temporal.workflow.start(PROVISION_WORKFLOW, { workflowId, taskQueue: s.taskQueue, args });
      await s.until(({ requests }) => requests.some((one) => one.requestId === requestId), workflowId);
    }
    await s.client.bulk.submit({ bulkId, pages: [{ requests: [known, lost, item(s)] }] });
    await until(s, bulkId, ({ submitted, settled }) => submitted === 3 && settled === 1);
    s.simulator.setState(known.agentId, 'AVAILABLE');
    await s.temporal.workflow.getHandle(provisionWorkflowId(s.tenantId, lost.agentId)).terminate('by mistake');
    const { counts } = await s.client.bulk.wait(bulkId);
    assert.deepEqual(counts, { provisioned: 2, failed: 1 });
    const [, failed] = await reportOf(s, bulkId);
    assert.equal(failed?.problem?.code, 'run-terminated');
  },
  { workflowType: BULK_PAGE_WORKFLOW, policy: { idleLimit: '60s' } },
);

branch(
  'bulk-steered',
  'a bulk that is paused submits nothing, goes on at the rate it is given, and ends',
  async (s) => {
    const bulkId = uniqueName('bulk');
    await s.client.bulk.submit({
      bulkId,
      pages: [{ requests: items(s, 2) }, { requests: items(s, 6) }],
      perMinute: 12,
    });
    const { submitted } = await until(s, bulkId, ({ settled }) => settled > 0);
    assert.ok(submitted <= 2);
    const paused = await s.client.bulk.pause({ bulkId, ...BY });
    assert.equal(paused.state, 'paused');
    await assert.rejects(s.client.bulk.setRate({ bulkId, by: '', note: 'faster' }), { code: 'invalid-request' });
    const faster = await s.client.bulk.setRate({ bulkId, ...BY, perMinute: 600 });
    assert.equal(faster.perMinute, 600);
    const resumed = await s.client.bulk.resume({ bulkId, ...BY });
    assert.equal(resumed.state, 'running');
    const { counts } = await s.client.bulk.wait(bulkId);
    assert.deepEqual(counts, { provisioned: 8 });
  },
  { workflowType: BULK_WORKFLOW },
);

branch(
  'bulk-cancelled',
  'a bulk that is cancelled leaves nothing half-done: what is under way is cancelled, the rest is never submitted',
  async (s) => {
    const bulkId = uniqueName('bulk');
    const pages = [{ requests: [...items(s, 1), ...items(s, 2, 'CALL')] }, { requests: items(s, 3, 'CALL') }];
    await s.client.bulk.submit({ bulkId, pages, perMinute: 18 });
    await until(s, bulkId, ({ submitted, settled }) => submitted >= 3 && settled >= 1);
    await s.client.bulk.cancel({ bulkId, ...BY });
    const progress = await s.client.bulk.wait(bulkId);
    assert.equal(progress.state, 'cancelled');
    const { provisioned, cancelled = 0, 'not-submitted': never = 0 } = progress.counts;
    assert.deepEqual([provisioned, cancelled + never], [1, 5]);
    const written = s.simulator.ledger.filter(({ operation }) => operation === 'patchAgent');
    assert.equal(written.length, 1);
    const lines = await reportOf(s, bulkId);
    for (const { agentId } of lines.filter(({ status }) => status === 'not-submitted')) {
      assert.ok(s.simulator.ledger.every((entry) => entry.agentId !== agentId));
    }
  },
  { workflowType: BULK_PAGE_WORKFLOW, policy: { idleLimit: '60s' } },
);

branch(
  'bulk-run-cancelled',
  "cancelling the bulk's run cancels the bulk, and a page that somebody terminated does not hold it up",
  async (s) => {
    const bulkId = uniqueName('bulk');
    const pages = [{ requests: items(s, 1, 'CALL') }, { requests: items(s, 1, 'CALL') }];
    await s.client.bulk.submit({ bulkId, pages });
    await until(s, bulkId, ({ submitted }) => submitted === 2);
    await s.temporal.workflow.getHandle(bulkPageWorkflowId(s.tenantId, bulkId, 1)).terminate('by mistake');
    await s.temporal.workflow.getHandle(bulkWorkflowId(s.tenantId, bulkId)).cancel();
    const { state, counts } = await s.client.bulk.wait(bulkId);
    assert.deepEqual([state, counts], ['cancelled', { cancelled: 1 }]);
    const [, lost] = await reportOf(s, bulkId);
    assert.deepEqual([lost?.status, lost?.problem?.code], ['failed', 'page-lost']);
    // What the lost page had under way goes on.
    const [orphan] = pages[1]?.requests ?? [];
    assert.ok(orphan !== undefined);
    s.simulator.setState(orphan.agentId, 'AVAILABLE');
    assert.equal((await s.client.provision(orphan)).kind, 'ended');
  },
  { workflowType: BULK_WORKFLOW, policy: { idleLimit: '60s' } },
);

async function outliveARun(s: Stack): Promise<void> {
  const bulkId = uniqueName('bulk');
  const pages = [{ requests: items(s, 5) }, { requests: items(s, 5) }, { requests: items(s, 2) }];
  await s.client.bulk.submit({ bulkId, pages, perMinute: 120 });
  const { counts } = await s.client.bulk.wait(bulkId);
  assert.deepEqual(counts, { provisioned: 12 });
  const lines = await reportOf(s, bulkId);
  assert.deepEqual(
    lines.map(({ requestId, status }) => [requestId, status]),
    pages.flatMap(({ requests }) => requests.map(({ requestId }) => [requestId, 'provisioned'])),
  );
}

branch('bulk-continues', 'a bulk outlives the history of one run', outliveARun, {
  workflowType: BULK_WORKFLOW,
  temporalAddress: shortHistoriesAddress,
});

branch('bulk-page-continues', 'a page of a bulk outlives the history of one run', outliveARun, {
  workflowType: BULK_PAGE_WORKFLOW,
  temporalAddress: shortHistoriesAddress,
});

/** What anybody may send from the Web UI, to a page and to the bulk. */
const PAGE_NONSENSE = [
  ['steerPage', undefined],
  ['steerPage', { isOpen: false, isPaused: true, slots: '1' }],
  ['steerPage', { isOpen: true, isPaused: false, slots: 1, perMinute: 0 }],
  ['steerPage', { isOpen: true, isPaused: false, slots: 1, cancel: 'now' }],
  ['requestSettled', undefined],
  ['requestSettled', { requestId: 'r1', outcome: null }],
] as const;
const BULK_NONSENSE = [undefined, { page: 0 }, { page: 0, waiting: 0, open: 0, nextAt: 0, counts: [], isClosed: true }];

async function outliveNonsense(s: Stack): Promise<void> {
  const bulkId = uniqueName('bulk');
  const requests = items(s, 2, 'CALL');
  await s.client.bulk.submit({ bulkId, pages: [{ requests }] });
  await until(s, bulkId, ({ submitted }) => submitted === 2);
  const page = s.temporal.workflow.getHandle(bulkPageWorkflowId(s.tenantId, bulkId, 0));
  for (const [name, argument] of PAGE_NONSENSE) await page.signal(name, ...(argument === undefined ? [] : [argument]));
  const bulk = s.temporal.workflow.getHandle(bulkWorkflowId(s.tenantId, bulkId));
  for (const report of BULK_NONSENSE) await bulk.signal('pageReported', ...(report === undefined ? [] : [report]));
  for (const { agentId } of requests) s.simulator.setState(agentId, 'AVAILABLE');
  const { state, counts } = await s.client.bulk.wait(bulkId);
  assert.deepEqual([state, counts], ['completed', { provisioned: 2 }]);
}

branch('bulk-nonsense', 'a bulk takes no notice of reports that are none', outliveNonsense, {
  workflowType: BULK_WORKFLOW,
  policy: { idleLimit: '60s' },
});

branch('bulk-page-nonsense', 'a page of a bulk takes no notice of orders and news that are none', outliveNonsense, {
  workflowType: BULK_PAGE_WORKFLOW,
  policy: { idleLimit: '60s' },
});

async function startWithNonsense(s: Stack, workflowType: string, workflowId: string): Promise<void> {
  const { taskQueue } = s;
  for (const input of [undefined, null, {}, { tenantId: s.tenantId, bulkId: 'b', pages: 0, page: 0, requests: [7] }]) {
    const handle = await s.temporal.workflow.start(workflowType, { workflowId, taskQueue, args: [input] });
    await assert.rejects(handle.result(), ({ cause }: { cause: Error }) => /bulk|request/.test(cause.message));
  }
}

branch(
  'bulk-no-input',
  'a bulk started by hand without its input ends and says why',
  (s) => startWithNonsense(s, BULK_WORKFLOW, bulkWorkflowId(s.tenantId, 'b')),
  { workflowType: BULK_WORKFLOW },
);

branch(
  'bulk-page-no-input',
  'a page started by hand without its input ends and says why',
  (s) => startWithNonsense(s, BULK_PAGE_WORKFLOW, bulkPageWorkflowId(s.tenantId, 'b', 0)),
  { workflowType: BULK_PAGE_WORKFLOW },
);
