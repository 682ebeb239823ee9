import {
  CancellationScope,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  log,
  patched,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { bulkPageWorkflowId, bulkWorkflowId, MAX_PAGES, MAX_PER_MINUTE } from '../domain/bulk.ts';
import { FAILURE } from '../domain/failure-types.ts';
import { Bulk, type CarriedBulk } from './bulk-state.ts';
import {
  bulkProgressQuery,
  cancelBulkUpdate,
  pageReportedSignal,
  pauseBulkUpdate,
  resumeBulkUpdate,
  setBulkRateUpdate,
  steerPageSignal,
  type BulkInput,
  type BulkOrder,
  type BulkProgress,
  type PageOrder,
} from './bulk.messages.ts';
import { checkPageReport, makesSense } from './bulk-signals.ts';
import { checkCancelOrder, checked, refusal } from './check-input.ts';

/** So often the pages that work are told again, to see whether they are still there. */
const LOOK_AFTER = '10m';
/** Pages told at once. */
const ABREAST = 25;

/**
 * Coordinates the pages of a bulk, which the client has started: opens them one after the other, passes orders on, and
 * returns how it ended. `carried` is what the run before handed over.
 */
export async function BulkProvisionWorkflow(input: BulkInput, carried?: CarriedBulk): Promise<BulkProgress> {
  const handedOver = workflowInfo().continuedFromExecutionRunId === undefined ? undefined : carried;
  if (handedOver === undefined) assertInput(input);
  const bulk = new Bulk(input, Date.now(), handedOver, () => patched('pages-that-stay-are-let-go'));
  let answeredAt = -1;
  const answer = (change: () => void): BulkProgress => {
    change();
    answeredAt = workflowInfo().historyLength;
    return bulk.progress(Date.now());
  };
  const validator = (order: BulkOrder): void => refuseBadOrder(bulk, order);
  setHandler(pageReportedSignal, (report) => {
    if (makesSense('pageReported', checkPageReport(report))) bulk.hear(report, Date.now());
  });
  setHandler(bulkProgressQuery, () => bulk.progress(Date.now()));
  setHandler(pauseBulkUpdate, (order) => answer(() => bulk.pause(noted(order, true))), { validator });
  setHandler(resumeBulkUpdate, (order) => answer(() => bulk.pause(noted(order, false))), { validator });
  setHandler(cancelBulkUpdate, (order) => answer(() => bulk.cancel(noted(order, order))), { validator });
  setHandler(setBulkRateUpdate, (order) => answer(() => bulk.setRate(noted(order, order.perMinute))), {
    validator(order: BulkOrder & { perMinute?: number }) {
      validator(order);
      if (order.perMinute !== undefined) assertRate(order.perMinute);
    },
  });
  CancellationScope.current().cancelRequested.catch(() => {
    bulk.cancel({ by: 'workflow cancellation', note: 'the bulk was cancelled' });
  });
  return CancellationScope.nonCancellable(async () => {
    await coordinate(input, bulk);
    // An update answered in the task that continues as new may be lost (temporalio/temporal#6375).
    while (answeredAt === workflowInfo().historyLength) await sleep(1);
    if (!bulk.isFinished) await continueAsNew<typeof BulkProvisionWorkflow>(input, bulk.carry());
    return bulk.end(Date.now());
  });
}

/** Until every page has ended, or the history is long enough. */
async function coordinate(input: BulkInput, bulk: Bulk): Promise<void> {
  const isOver = (): boolean => bulk.isFinished || workflowInfo().continueAsNewSuggested;
  for (let isSilent = false; !isOver();) {
    const { version } = bulk;
    const orders = bulk.toTell(isSilent ? MAX_PAGES : ABREAST, isSilent);
    await Promise.all(orders.map(({ page, order }) => tell(input, bulk, page, order)));
    if (orders.length === ABREAST && !isSilent) continue;
    isSilent = !(await condition(() => isOver() || bulk.version !== version, LOOK_AFTER));
  }
}

async function tell({ tenantId, bulkId }: BulkInput, bulk: Bulk, page: number, order: PageOrder): Promise<void> {
  const workflowId = bulkPageWorkflowId(tenantId, bulkId, page);
  bulk.noteTold(page, order);
  try {
    await getExternalWorkflowHandle(workflowId).signal(steerPageSignal, order);
  } catch (error) {
    log.error('a page of the bulk is gone', { workflowId, error });
    bulk.lose(page);
  }
}

function noted<T>(order: BulkOrder, change: T): T {
  log.info('an order about the bulk', { ...order });
  return change;
}

function refuseBadOrder(bulk: Bulk, order: BulkOrder): void {
  checked(checkCancelOrder(order));
  if (bulk.isFinished || bulk.isCancelled) throw refusal(FAILURE.notApplicable, 'The bulk has ended or was cancelled.');
}

function assertRate(perMinute: number): void {
  if (Number.isInteger(perMinute) && perMinute >= 1 && perMinute <= MAX_PER_MINUTE) return;
  throw refusal(FAILURE.invalidInput, `perMinute must be a whole number from 1 to ${MAX_PER_MINUTE}.`);
}

/** The client checks in full; this is for what anybody may start by hand. */
function assertInput(input: Partial<BulkInput> | null | undefined): void {
  const { tenantId, bulkId, pages, requests, perMinute } = input ?? {};
  const isNamed = workflowInfo().workflowId === bulkWorkflowId(String(tenantId), String(bulkId));
  const isWhole = Number.isInteger(pages) && Number(pages) >= 1 && Number(pages) <= MAX_PAGES;
  if (!isNamed || !isWhole || typeof requests !== 'number') {
    throw refusal(FAILURE.invalidInput, 'It is no bulk: start it by cxone-skills bulk submit, or the library.');
  }
  if (perMinute !== undefined) assertRate(perMinute);
}
