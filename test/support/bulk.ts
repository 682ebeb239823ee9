import { setTimeout as delay } from 'node:timers/promises';
import { NoWorkerError, type BulkReportLine, type BulkRequest } from '../../client/index.ts';
import type { ProvisionRequest } from '../../domain/request.ts';
import type { BulkProgress } from '../../workflows/bulk.messages.ts';
import type { Stack } from './stack.ts';
import { uniqueName } from './temporal.ts';

/** A request for an agent of its own, in this state. */
export function item(s: Stack, more: Partial<ProvisionRequest> = {}, state = 'AVAILABLE'): BulkRequest {
  const agentId = more.agentId ?? uniqueName('agent');
  if (more.agentId === undefined) s.simulator.addAgent({ agentId, state });
  const { tenantId: _tenantId, ...request } = s.request({ ...more, agentId });
  return request;
}

export function items(s: Stack, count: number, state = 'AVAILABLE'): BulkRequest[] {
  return Array.from({ length: count }, () => item(s, {}, state));
}

export async function reportOf(s: Stack, bulkId: string): Promise<BulkReportLine[]> {
  const lines = [];
  for await (const line of s.client.bulk.report(bulkId)) lines.push(line);
  return lines;
}

/** Waits until the bulk shows something that `holds`. */
export async function until(
  s: Stack,
  bulkId: string,
  holds: (progress: BulkProgress) => boolean,
): Promise<BulkProgress> {
  for (;;) {
    const progress = await s.client.bulk.progress(bulkId).catch(unlessUnanswered);
    if (progress !== undefined && holds(progress)) return progress;
    await delay(100);
  }
}

/** A worker without a cache replays every run for each question, and may be too slow for this one. */
function unlessUnanswered(error: unknown): undefined {
  if (!(error instanceof NoWorkerError)) throw error;
}
