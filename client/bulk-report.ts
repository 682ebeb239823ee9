import { bulkPageWorkflowId, bulkWorkflowId, type BulkRequest } from '../domain/bulk.ts';
import { provisionWorkflowId } from '../domain/workflow-id.ts';
import {
  pageLinesQuery,
  type BulkInput,
  type BulkPageInput,
  type BulkPageResult,
  type PageLine,
} from '../workflows/bulk.messages.ts';
import { firstStartArgument, isOpen, latestRun } from './agent-runs.ts';
import { readOutcome } from './agent-status.ts';
import type { BulkReportLine } from './bulk.ts';
import type { BulkTarget } from './bulk-progress.ts';
import { NoWorkerError, ProvisioningError, UnknownBulkError } from './errors.ts';
import type { TemporalLink } from './temporal-link.ts';
import { queryRun } from './waiting.ts';

/** One line per request, in the order of the input. Throws {@link UnknownBulkError}, {@link NoWorkerError}. */
export async function* readReport(
  link: TemporalLink,
  target: BulkTarget,
  bulkId: string,
): AsyncGenerator<BulkReportLine> {
  const workflowId = bulkWorkflowId(target.tenantId, bulkId);
  const run = await latestRun(link, workflowId);
  if (run === undefined) throw new UnknownBulkError(bulkId);
  const { pages } = (await firstStartArgument(link, workflowId, run.runId)) as BulkInput;
  for (let page = 0; page < pages; page += 1) yield* readPage(link, target, bulkId, page);
}

async function* readPage(
  link: TemporalLink,
  target: BulkTarget,
  bulkId: string,
  page: number,
): AsyncGenerator<BulkReportLine> {
  const workflowId = bulkPageWorkflowId(target.tenantId, bulkId, page);
  const run = await latestRun(link, workflowId);
  if (run === undefined) throw new UnknownBulkError(bulkId);
  const { requests } = (await firstStartArgument(link, workflowId, run.runId)) as BulkPageInput;
  const lines = await readLines(link, target, workflowId);
  for (const [index, request] of requests.entries()) {
    const known = lines?.[index] ?? LOST;
    const line =
      lines === undefined || known.status === 'awaiting-reconciliation'
        ? await nowOf(link, target, request, known)
        : known;
    const { agentId, requestId } = request;
    yield { ...(request.line === undefined ? {} : { line: request.line }), agentId, requestId, request, ...line };
  }
}

/** A page that was terminated has no lines to tell. */
const LOST: PageLine = {
  status: 'failed',
  problem: { code: 'page-lost', message: "The page's run was ended from outside. Look at the agent, or retry." },
};

/** What a page says of its requests; nothing if it was ended from outside. */
async function readLines(link: TemporalLink, target: BulkTarget, workflowId: string): Promise<PageLine[] | undefined> {
  for (;;) {
    const run = await latestRun(link, workflowId);
    if (run?.status.name === 'COMPLETED') {
      const result: unknown = await link.call((client) => client.workflow.getHandle(workflowId, run.runId).result());
      return (result as BulkPageResult).lines;
    }
    if (!isOpen(run)) return undefined;
    const lines = await queryRun(link, workflowId, pageLinesQuery);
    if (lines !== undefined) return lines;
    const now = await latestRun(link, workflowId);
    if (isOpen(now) && now.runId === run.runId) throw new NoWorkerError(target.taskQueue, workflowId);
  }
}

/** A person may have decided since the page has ended. */
async function nowOf(
  link: TemporalLink,
  { tenantId, taskQueue }: BulkTarget,
  { agentId, requestId }: BulkRequest,
  known: PageLine,
): Promise<PageLine> {
  try {
    const agent = { agentId, workflowId: provisionWorkflowId(tenantId, agentId), taskQueue };
    const found = await readOutcome(link, agent, requestId);
    if (found.kind === 'parked') return { status: 'awaiting-reconciliation', reason: found.reason };
    return { status: found.outcome.status, outcome: found.outcome };
  } catch (error) {
    if (error instanceof ProvisioningError) return known;
    throw error;
  }
}
