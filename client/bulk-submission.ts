import { WorkflowExecutionAlreadyStartedError, type WorkflowStartOptions } from '@temporalio/client';
import { BULK_PAGE_WORKFLOW, BULK_WORKFLOW, bulkPageWorkflowId, bulkWorkflowId, MAX_PAGES } from '../domain/bulk.ts';
import type { BulkInput, BulkPageInput } from '../workflows/bulk.messages.ts';
import { latestRun } from './agent-runs.ts';
import { checkPage, digestOfPages, type PageContext } from './bulk-pages.ts';
import type { NewBulk, SubmittedBulk } from './bulk.ts';
import { BulkIdReusedError, InvalidRequestError } from './errors.ts';
import type { TemporalLink } from './temporal-link.ts';

/** Name of the memo field that holds the digest of a page, or of all of them. */
const DIGEST_MEMO = 'digest';

/**
 * Stores the pages of a bulk, each as a run that waits, and then starts the bulk itself; so a bulk runs with all its
 * pages or not at all. What is there already from an earlier submission is left as it is.
 */
export async function submitBulk(
  link: TemporalLink,
  taskQueue: string,
  { bulkId, pages, perMinute }: NewBulk,
  context: PageContext,
): Promise<SubmittedBulk> {
  const { tenantId } = context;
  const digests: string[] = [];
  const stored: string[] = [];
  let requests = 0;
  try {
    for await (const given of pages) {
      const page = digests.length;
      if (page >= MAX_PAGES)
        throw new InvalidRequestError([{ path: 'pages', message: `must be at most ${MAX_PAGES}` }]);
      const checked = checkPage(given, page, context);
      const workflowId = bulkPageWorkflowId(tenantId, bulkId, page);
      const input: BulkPageInput = { tenantId, bulkId, page, requests: checked.requests };
      const options = { workflowId, taskQueue, args: [input], staticSummary: `Page ${page + 1} of bulk ${bulkId}` };
      if (await startOnce(link, BULK_PAGE_WORKFLOW, options, bulkId, checked.digest)) stored.push(workflowId);
      digests.push(checked.digest);
      requests += checked.requests.length;
    }
    if (digests.length === 0)
      throw new InvalidRequestError([{ path: 'pages', message: 'must hold at least one page' }]);
  } catch (error) {
    if (error instanceof InvalidRequestError) await discard(link, stored);
    throw error;
  }
  const workflowId = bulkWorkflowId(tenantId, bulkId);
  const input: BulkInput = {
    tenantId,
    bulkId,
    pages: digests.length,
    requests,
    ...(perMinute === undefined ? {} : { perMinute }),
  };
  const options = { workflowId, taskQueue, args: [input], staticSummary: `Bulk ${bulkId}: ${requests} requests` };
  await startOnce(link, BULK_WORKFLOW, options, bulkId, digestOfPages(digests));
  return { bulkId, workflowId, pages: digests.length, requests };
}

/** False: it is there from an earlier submission. One that failed or was terminated makes way for a new one. */
async function startOnce(
  link: TemporalLink,
  type: string,
  options: WorkflowStartOptions & { workflowId: string },
  bulkId: string,
  digest: string,
): Promise<boolean> {
  try {
    await link.call((client) =>
      client.workflow.start(type, {
        ...options,
        memo: { [DIGEST_MEMO]: digest },
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      }),
    );
    return true;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
  const run = await latestRun(link, options.workflowId);
  if (run?.memo?.[DIGEST_MEMO] !== digest) throw new BulkIdReusedError(bulkId);
  return false;
}

/** Pages of a bulk that will not be started. They have done nothing. */
async function discard(link: TemporalLink, workflowIds: readonly string[]): Promise<void> {
  for (const workflowId of workflowIds) {
    await link.call((client) =>
      client.workflow.getHandle(workflowId).terminate('a later page of the bulk is not valid'),
    );
  }
}
