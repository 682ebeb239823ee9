import type { BulkLineStatus, BulkProgress } from '../bulk.ts';
import { PROGRAM } from './commands.ts';
import { EXIT, exitCodeOfOutcome } from './exit-codes.ts';
import { renderTable } from './table.ts';

/** How far a bulk has come, and what to do next. `report` is where its report has been written. */
export function renderBulkProgress(progress: BulkProgress, report?: string): string {
  const { bulkId, state, requests, submitted, settled, counts, perMinute, settledPerMinute } = progress;
  const rate = perMinute === undefined ? '' : `, at most ${perMinute} a minute`;
  const rows = Object.entries(counts).map(([status, count]) => [status, String(count)]);
  return [
    `bulk ${bulkId}: ${state}${rate}; ${requestsText(requests)}, ${submitted} submitted, ${settled} settled` +
      (state === 'running' ? `, ${settledPerMinute} in the last minute` : ''),
    ...(rows.length === 0 ? [] : renderTable(['status', 'requests'], rows)),
    ...(report === undefined ? [] : [`report: ${report}`]),
    ...nextSteps(progress, report),
  ].join('\n');
}

/** A bulk that nobody waits for. `report` is where its report is wanted. */
export function renderSubmitted(bulkId: string, requests: number, report = 'report.csv'): string {
  return [
    `submitted: bulk ${bulkId}, ${requestsText(requests)}`,
    `How far it is: ${PROGRAM} bulk status --bulk ${bulkId}`,
    `Its report: ${PROGRAM} bulk report --bulk ${bulkId} --out ${report}`,
  ].join('\n');
}

export function requestsText(count: number): string {
  return count === 1 ? '1 request' : `${count} requests`;
}

/** `provisioned 12, rejected 1` */
export function countsText(counts: BulkProgress['counts']): string {
  const texts = Object.entries(counts).map(([status, count]) => `${status} ${count}`);
  return texts.length === 0 ? 'nothing settled yet' : texts.join(', ');
}

/** The worst of what became of its requests: failures, then cases that wait for a person. */
export function exitCodeOfBulk({ counts }: BulkProgress): number {
  const statuses = (Object.keys(counts) as BulkLineStatus[]).filter((status) => (counts[status] ?? 0) > 0);
  if (statuses.some(isFailure)) return EXIT.notProvisioned;
  return statuses.includes('awaiting-reconciliation') ? EXIT.awaitingReconciliation : EXIT.done;
}

function isFailure(status: BulkLineStatus): boolean {
  switch (status) {
    case 'not-submitted':
      return true;
    case 'awaiting-reconciliation':
    case 'open':
    case 'waiting':
      return false;
    default:
      return exitCodeOfOutcome(status) !== EXIT.done;
  }
}

function nextSteps({ bulkId, state, counts }: BulkProgress, report: string | undefined): string[] {
  const steps: string[] = [];
  if ((counts['awaiting-reconciliation'] ?? 0) > 0) steps.push(`What waits for a person: ${PROGRAM} queue`);
  if (state === 'paused') steps.push(`To go on: ${PROGRAM} bulk resume --bulk ${bulkId} --by WHO --note TEXT`);
  if (Object.keys(counts).some((status) => isFailure(status as BulkLineStatus))) {
    if (report === undefined) steps.push(`What failed: ${PROGRAM} bulk report --bulk ${bulkId} --out report.csv`);
    const path = report ?? 'report.csv';
    steps.push(`Another try for that: ${PROGRAM} bulk retry-failed --report ${path} --by WHO --reason WHY`);
  }
  return steps;
}
