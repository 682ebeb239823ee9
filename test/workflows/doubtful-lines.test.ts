import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { BulkActivities, LookUpAnswer } from '../../activities/contract.ts';
import { BULK_PAGE_WORKFLOW, bulkPageWorkflowId, type BulkRequest } from '../../domain/bulk.ts';
import type { RequestOutcome } from '../../domain/outcome.ts';
import type { BulkPageResult, PageLine, PageOrder } from '../../workflows/bulk.messages.ts';
import { ASKED_TOO_EARLY } from '../../workflows/provision-skill.messages.ts';
import { storeHistory } from '../support/branch.ts';
import { connect, temporalAddress, uniqueName } from '../support/temporal.ts';

const OPEN: PageOrder = { isOpen: true, isPaused: false, slots: 10 };
const CANCELLED: PageOrder = { ...OPEN, cancel: { by: 'kim', note: 'as agreed' } };

interface Page {
  handle: WorkflowHandle;
  taskQueue: string;
  steer: (order: PageOrder) => Promise<void>;
  /** As the run of the agent tells it. */
  tell: (request: BulkRequest, status: RequestOutcome['status']) => Promise<void>;
  /** Waits until the lines stand so that `holds`. */
  until: (holds: (lines: PageLine[]) => boolean) => Promise<void>;
  statuses: () => Promise<string[]>;
}

function requestFor(agentId: string): BulkRequest {
  const changes = [{ action: 'assign' as const, skill: { skillId: 'sk-2002' }, level: 4 }];
  return { requestId: uniqueName('request'), agentId, changes, requestedBy: 'kim', reason: 'certified' };
}

/** A page whose requests meet agents' runs that answer like this. */
async function startPage(
  t: TestContext,
  requests: BulkRequest[],
  activities: BulkActivities,
  maxCachedWorkflows: number,
): Promise<Page> {
  const taskQueue = uniqueName('queue');
  const temporal = await connect();
  const connection = await NativeConnection.connect({ address: await temporalAddress() });
  const workflowBundle = { codePath: new URL('../../dist/workflow-bundle.js', import.meta.url).pathname };
  const worker = await Worker.create({ connection, taskQueue, maxCachedWorkflows, workflowBundle, activities });
  const running = worker.run();
  const bulk = { tenantId: 'demo', bulkId: uniqueName('bulk'), page: 0 };
  const handle = await temporal.workflow.start(BULK_PAGE_WORKFLOW, {
    workflowId: bulkPageWorkflowId(bulk.tenantId, bulk.bulkId, bulk.page),
    taskQueue,
    args: [{ ...bulk, requests }],
  });
  t.after(async () => {
    worker.shutdown();
    await running;
    await connection.close();
  });
  return {
    handle,
    taskQueue,
    steer: (order) => handle.signal('steerPage', order),
    tell: ({ agentId, requestId }, status) =>
      handle.signal('requestSettled', { agentId, requestId, outcome: outcomeOf(requestId, status) }),
    async until(holds) {
      for (;;) {
        const lines = await handle.query<PageLine[]>('pageLines').catch(unlessTooEarly);
        if (lines !== undefined && holds(lines)) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    async statuses() {
      return ((await handle.result()) as BulkPageResult).lines.map(({ status }) => status);
    },
  };
}

function unlessTooEarly(error: unknown): undefined {
  if (!(error instanceof Error) || !error.message.includes(ASKED_TOO_EARLY)) throw error;
}

function outcomeOf(requestId: string, status: RequestOutcome['status']): RequestOutcome {
  return { requestId, status, changes: [], toggles: 0, conflicts: 0 };
}

for (const maxCachedWorkflows of [200, 0]) {
  const how = maxCachedWorkflows === 0 ? 'replayed at every task' : 'as it is';

  test(`a cancellation that a run could not be told is tried again half a minute later (${how})`, async (t) => {
    const cancelledAt: number[] = [];
    const request = requestFor('agent-1');
    const page = await startPage(
      t,
      [request],
      {
        submitRequests: async ({ requests }) => ({ answers: requests.map(() => ({ kind: 'taken' })), retryAfterMs: 0 }),
        cancelRequests: async () => {
          cancelledAt.push(Date.now());
          if (cancelledAt.length === 1) return ['later'];
          await page.tell(request, 'cancelled');
          return ['taken'];
        },
        lookUpRequests: async ({ requests }) => requests.map(() => ({ kind: 'open' })),
      },
      maxCachedWorkflows,
    );
    await page.steer(OPEN);
    await page.until(([line]) => line?.status === 'open');
    await page.steer(CANCELLED);
    assert.deepEqual(await page.statuses(), ['cancelled']);
    const [first = 0, second = 0] = cancelledAt;
    // The next thing that would have woken the run is the look after a minute.
    assert.ok(second - first < 45_000, `after ${second - first} ms`);
    if (maxCachedWorkflows === 0) return;
    const { taskQueue } = page;
    await storeHistory('bulk-page-cancels-again', { temporal: await connect(), taskQueue }, BULK_PAGE_WORKFLOW);
  });

  test(`what a run may have taken is followed up when the bulk is cancelled (${how})`, async (t) => {
    const requests = ['cancelled', 'carried-out', 'unknown', 'given-up'].map(requestFor);
    const [cancelled, , , givenUp] = requests as [BulkRequest, BulkRequest, BulkRequest, BulkRequest];
    const later = { kind: 'later', problem: { code: 'not-accepted', message: 'nobody answered' } } as const;
    const lost = { code: 'run-terminated', message: 'its run was terminated' };
    const page = await startPage(
      t,
      requests,
      {
        submitRequests: async () => ({
          answers: [later, later, later, { kind: 'taken', known: true }],
          retryAfterMs: 0,
        }),
        cancelRequests: async (input) =>
          input.requests.map(({ agentId }) => (agentId === 'cancelled' ? 'taken' : 'nothing-open')),
        lookUpRequests: async (input) =>
          input.requests.map(({ agentId, requestId }): LookUpAnswer => {
            if (agentId === 'given-up') return { kind: 'gone', problem: lost };
            if (agentId === 'unknown') return { kind: 'gone', problem: { code: 'unknown-request', message: agentId } };
            const outcome = outcomeOf(requestId, 'provisioned');
            return agentId === 'carried-out' ? { kind: 'ended', outcome } : { kind: 'open' };
          }),
      },
      maxCachedWorkflows,
    );
    await page.steer(OPEN);
    await page.until((lines) => lines[3]?.status === 'failed');
    // Its run was not gone after all.
    await page.tell(givenUp, 'provisioned');
    await page.steer(CANCELLED);
    await page.until((lines) => lines[1]?.status === 'provisioned' && lines[2]?.status === 'not-submitted');
    await page.tell(cancelled, 'cancelled');
    assert.deepEqual(await page.statuses(), ['cancelled', 'provisioned', 'not-submitted', 'provisioned']);
    if (maxCachedWorkflows === 0) return;
    const { taskQueue } = page;
    await storeHistory('bulk-page-doubtful', { temporal: await connect(), taskQueue }, BULK_PAGE_WORKFLOW);
  });
}
