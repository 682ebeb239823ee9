import { setTimeout as delay } from 'node:timers/promises';
import { bulkWorkflowId } from '../domain/bulk.ts';
import { bulkProgressQuery, type BulkProgress } from '../workflows/bulk.messages.ts';
import { isOpen, latestRun } from './agent-runs.ts';
import type { BulkWaitOptions } from './bulk.ts';
import { NoWorkerError, TemporalUnreachableError, UnknownBulkError } from './errors.ts';
import type { TemporalLink } from './temporal-link.ts';
import { queryRun } from './waiting.ts';

/** The bulks of one tenant, and who serves them. */
export interface BulkTarget {
  tenantId: string;
  taskQueue: string;
}

const LOOK_MS = 1_000;
/** A server that is restarted is back within this; the bulk is not touched by it. */
const OUTAGE_MS = 60_000;

/** How far a bulk is. Throws {@link UnknownBulkError}, {@link NoWorkerError}. */
export async function readProgress(link: TemporalLink, target: BulkTarget, bulkId: string): Promise<BulkProgress> {
  const workflowId = bulkWorkflowId(target.tenantId, bulkId);
  for (;;) {
    const run = await latestRun(link, workflowId);
    if (run === undefined) throw new UnknownBulkError(bulkId);
    if (!isOpen(run)) {
      return link.call((client) => client.workflow.getHandle(workflowId, run.runId).result() as Promise<BulkProgress>);
    }
    const progress = await queryRun(link, workflowId, bulkProgressQuery);
    if (progress !== undefined) return progress;
    const now = await latestRun(link, workflowId);
    if (isOpen(now) && now.runId === run.runId) throw new NoWorkerError(target.taskQueue, workflowId);
  }
}

/** Waits until a bulk has ended; workers may come and go meanwhile. Throws {@link UnknownBulkError}. */
export async function waitForBulk(
  link: TemporalLink,
  target: BulkTarget,
  bulkId: string,
  { onProgress, signal }: BulkWaitOptions,
): Promise<BulkProgress> {
  for (let heardAt = Date.now(); ;) {
    signal?.throwIfAborted();
    try {
      const progress = await readProgress(link, target, bulkId);
      heardAt = Date.now();
      if (progress.endedAt !== undefined) return progress;
      onProgress?.(progress);
    } catch (error) {
      const isOut = error instanceof TemporalUnreachableError && Date.now() - heardAt < OUTAGE_MS;
      if (!isOut && !(error instanceof NoWorkerError)) throw error;
    }
    await delay(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}
