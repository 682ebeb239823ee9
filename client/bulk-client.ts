import { BULK_ID_PATTERN, MAX_PER_MINUTE } from '../domain/bulk.ts';
import { cancelBulkUpdate, pauseBulkUpdate, resumeBulkUpdate, setBulkRateUpdate } from '../workflows/bulk.messages.ts';
import { orderBulk } from './bulk-orders.ts';
import type { PageContext } from './bulk-pages.ts';
import { readProgress, waitForBulk, type BulkTarget } from './bulk-progress.ts';
import { readReport } from './bulk-report.ts';
import { submitBulk } from './bulk-submission.ts';
import type { BulkClient, BulkOrder } from './bulk.ts';
import { InvalidRequestError } from './errors.ts';
import type { TemporalLink } from './temporal-link.ts';

/** The bulks of one tenant. */
export function createBulkClient(link: TemporalLink, target: BulkTarget, context: PageContext): BulkClient {
  return {
    async submit(bulk) {
      assertBulk(bulk);
      return submitBulk(link, target.taskQueue, bulk, context);
    },
    progress: async (bulkId) => {
      assertBulk({ bulkId });
      return readProgress(link, target, bulkId);
    },
    wait: async (bulkId, options = {}) => {
      assertBulk({ bulkId });
      return waitForBulk(link, target, bulkId, options);
    },
    pause: async (order) => orderBulk(link, target, pauseBulkUpdate, checked(order)),
    resume: async (order) => orderBulk(link, target, resumeBulkUpdate, checked(order)),
    setRate: async (order) => orderBulk(link, target, setBulkRateUpdate, checked(order)),
    cancel: async (order) => orderBulk(link, target, cancelBulkUpdate, checked(order)),
    async *report(bulkId) {
      assertBulk({ bulkId });
      yield* readReport(link, target, bulkId);
    },
  };
}

function checked<Order extends BulkOrder & { perMinute?: number }>(order: Order): Order {
  assertBulk(order);
  return order;
}

/** The rest of an order is checked by the workflow before it takes it. */
function assertBulk({ bulkId, perMinute }: { bulkId: string; perMinute?: number }): void {
  const problems = [];
  if (!BULK_ID_PATTERN.test(bulkId)) {
    problems.push({ path: 'bulkId', message: "must be 1 to 64 letters, digits, '_' or '-'" });
  }
  if (perMinute !== undefined && !(Number.isInteger(perMinute) && perMinute >= 1 && perMinute <= MAX_PER_MINUTE)) {
    problems.push({ path: 'perMinute', message: `must be a whole number from 1 to ${MAX_PER_MINUTE}` });
  }
  if (problems.length > 0) throw new InvalidRequestError(problems);
}
