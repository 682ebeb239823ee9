import {
  CancellationScope,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  log,
  patched,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { BulkActivities, RequestKey } from '../activities/contract.ts';
import { bulkPageWorkflowId, bulkWorkflowId, MAX_PAGE_REQUESTS } from '../domain/bulk.ts';
import { FAILURE } from '../domain/failure-types.ts';
import { BulkPage, type CarriedPage } from './bulk-page-state.ts';
import {
  pageLinesQuery,
  pageReportedSignal,
  steerPageSignal,
  type BulkPageInput,
  type BulkPageResult,
  type PageReport,
} from './bulk.messages.ts';
import { checkPageOrder, makesSense } from './bulk-signals.ts';
import { checkRequest, checkRequestSettled, refusal } from './check-input.ts';
import type { OpenEntry } from './page-entry.ts';
import { requestSettledSignal } from './provision-skill.messages.ts';

/** Nobody has started the bulk of this page for so long: its pages are not all there. */
const UNCLAIMED_LIMIT = '24h';
const UNCLAIMED = `Its bulk was never started within ${UNCLAIMED_LIMIT}. Submit the bulk again.`;
/** The coordinator hears no more often of what has changed. */
const REPORT_MS = 2_000;

const { submitRequests, cancelRequests, lookUpRequests } = proxyActivities<BulkActivities>({
  startToCloseTimeout: '15m',
  heartbeatTimeout: '90s',
  retry: { initialInterval: '1s', maximumInterval: '30s' },
});

/**
 * Part of a bulk: hands its requests to the runs of their agents when the coordinator says so, and returns what became of
 * each. `carried` is what the run before handed over.
 */
export async function BulkPageWorkflow(input: BulkPageInput, carried?: CarriedPage): Promise<BulkPageResult> {
  const handedOver = workflowInfo().continuedFromExecutionRunId === undefined ? undefined : carried;
  if (handedOver === undefined) assertInput(input);
  const page = new BulkPage(input.requests, handedOver, patched);
  setHandler(steerPageSignal, (order) => {
    if (makesSense('steerPage', checkPageOrder(order))) page.steer(order, Date.now());
  });
  setHandler(requestSettledSignal, (news) => {
    if (makesSense('requestSettled', checkRequestSettled(news))) page.hear(news);
  });
  setHandler(pageLinesQuery, () => page.lines);
  return CancellationScope.nonCancellable(async () => {
    if (!(await condition(() => page.isClaimed, UNCLAIMED_LIMIT))) throw refusal(FAILURE.invalidInput, UNCLAIMED);
    await Promise.all([submit(input, page), cancel(input, page), followUp(input, page), report(input, page)]);
    if (!page.isFinished) await continueAsNew<typeof BulkPageWorkflow>({ ...input, requests: [] }, page.carry());
    await tell(input, page.report(input.page, true));
    return { lines: page.lines };
  });
}

/** What is under way is brought to its end first; then the run is over, or the next one goes on. */
function mustStop(page: BulkPage): boolean {
  return page.isFinished || workflowInfo().continueAsNewSuggested;
}

async function submit({ tenantId }: BulkPageInput, page: BulkPage): Promise<void> {
  const { workflowId } = workflowInfo();
  while (!mustStop(page)) {
    const batch = page.nextBatch(Date.now());
    if (batch.length === 0) {
      const { order, version } = page;
      const changed = (): boolean => mustStop(page) || page.order !== order || page.version !== version;
      await wait(changed, page.untilNextMs(Date.now()), 'until the next request may be submitted');
      continue;
    }
    const startedAt = Date.now();
    const requests = batch.map(({ request }) => request);
    const { answers, retryAfterMs } = await submitRequests({ tenantId, notifyWorkflowId: workflowId, requests });
    page.take(batch, answers, startedAt, Date.now());
    const isOver = (): boolean => mustStop(page) || page.order.cancel !== undefined;
    if (retryAfterMs > 0) await wait(isOver, retryAfterMs, "the tenant's queue of changes is long enough");
  }
}

async function cancel({ tenantId }: BulkPageInput, page: BulkPage): Promise<void> {
  while (!mustStop(page)) {
    const batch = page.toCancel(Date.now());
    const { cancel: order } = page.order;
    if (order === undefined || batch.length === 0) {
      const isDue = (): boolean => mustStop(page) || page.toCancel(Date.now()).length > 0;
      const untilMs = page.untilCancelMs(Date.now());
      const again = untilMs !== undefined && patched('cancellations-are-tried-again') ? untilMs : undefined;
      await wait(isDue, again, 'until a cancellation that was not taken is tried again');
      continue;
    }
    const answers = await cancelRequests({ tenantId, requests: batch.map(keyOf), ...order });
    page.takeCancellations(batch, answers, Date.now());
  }
}

/** Looks up what is overdue: its run may have been terminated, or it was somebody else's request first. */
async function followUp({ tenantId }: BulkPageInput, page: BulkPage): Promise<void> {
  while (!mustStop(page)) {
    const batch = page.overdue(Date.now());
    if (batch.length === 0) {
      const due = (): boolean => mustStop(page) || page.overdue(Date.now()).length > 0;
      const untilMs = page.untilLookMs(Date.now());
      if (untilMs === undefined) await condition(() => mustStop(page) || page.untilLookMs(Date.now()) !== undefined);
      else await wait(due, untilMs, 'until a request counts as overdue');
      continue;
    }
    const answers = await lookUpRequests({ tenantId, requests: batch.map(keyOf) });
    page.takeLooks(batch, answers, Date.now());
  }
}

async function report(input: BulkPageInput, page: BulkPage): Promise<void> {
  for (let told = -1; ;) {
    await condition(() => mustStop(page) || page.version !== told);
    if (mustStop(page)) return;
    told = page.version;
    await tell(input, page.report(input.page, false));
    await wait(() => mustStop(page), REPORT_MS, 'between two reports');
  }
}

async function tell({ tenantId, bulkId }: BulkPageInput, news: PageReport): Promise<void> {
  try {
    await getExternalWorkflowHandle(bulkWorkflowId(tenantId, bulkId)).signal(pageReportedSignal, news);
  } catch (error) {
    log.warn('the coordinator of the bulk is gone', { error });
  }
}

async function wait(until: () => boolean, ms: number | undefined, summary: string): Promise<void> {
  if (ms === undefined) await condition(until);
  else await condition(until, ms, { summary });
}

function keyOf({ request: { agentId, requestId } }: OpenEntry): RequestKey {
  return { agentId, requestId };
}

/** The client checks in full; this is for what anybody may start by hand. */
function assertInput(input: Partial<BulkPageInput> | null | undefined): void {
  const { tenantId, bulkId, page, requests } = input ?? {};
  const isNamed = workflowInfo().workflowId === bulkPageWorkflowId(String(tenantId), String(bulkId), Number(page));
  const isFilled = Array.isArray(requests) && requests.length > 0 && requests.length <= MAX_PAGE_REQUESTS;
  const wrong = isNamed && isFilled ? requests.map((request) => checkRequest({ ...request, tenantId })) : [];
  const problem = isNamed && isFilled ? wrong.find((checked) => !checked.ok)?.problem : 'It is no page of a bulk.';
  if (problem !== undefined) throw refusal(FAILURE.invalidInput, problem);
}
