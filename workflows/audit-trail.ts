import {
  ApplicationFailure,
  log,
  patched,
  proxyActivities,
  proxyLocalActivities,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { ProvisioningActivities } from '../activities/contract.ts';
import type { AuditRecord } from '../domain/audit-record.ts';
import { FAILURE } from '../domain/failure-types.ts';
import { failureIn } from './activity-failure.ts';
import type { AgentRun } from './agent-run.ts';

/**
 * Appends records, for as long as it takes. `unrecordable`: the sink can never accept them. `onWait` is called when
 * the sink does not take them at once.
 */
export async function recordAudit(
  run: Pick<AgentRun, 'isUndisturbed'>,
  records: AuditRecord[],
  onWait: () => void,
): Promise<'recorded' | 'unrecordable'> {
  for (const part of inParts(records)) {
    if ((await recordPart(run, part, onWait)) === 'unrecordable') return 'unrecordable';
  }
  return 'recorded';
}

/** {@link recordAudit} with everything that is noted in front, in the same append. */
export async function recordWithEvents(
  run: AgentRun,
  records: AuditRecord[],
  onWait: () => void,
): Promise<'recorded' | 'unrecordable'> {
  const events = run.journal.take();
  const answer = await recordAudit(run, [...events, ...records], onWait);
  if (answer === 'recorded' || events.length === 0) return answer;
  // One bad record must not keep the others out of the trail.
  for (const event of events) {
    if ((await recordAudit(run, [event], onWait)) === 'recorded') continue;
    log.error('the audit trail can never accept the record of an event', { id: event.id });
  }
  return recordAudit(run, records, onWait);
}

/** Appends what is noted, for as long as it takes. */
export async function recordEvents(run: AgentRun): Promise<void> {
  while (!run.journal.isEmpty) {
    const { state, waitingFor } = run;
    await recordWithEvents(run, [], () => run.enter(state, 'audit'));
    if (run.state === state) run.enter(state, waitingFor);
  }
}

/** Records that go to the sink in one activity stay well under the server's 2 MB per payload. */
const MAX_PART_CHARS = 700_000;

function inParts(records: readonly AuditRecord[]): AuditRecord[][] {
  const parts: AuditRecord[][] = [];
  let room = 0;
  for (const record of records) {
    const size = JSON.stringify(record).length;
    if (size > room || parts.length === 0) {
      parts.push([]);
      room = MAX_PART_CHARS;
    }
    parts.at(-1)?.push(record);
    room -= size;
  }
  return parts;
}

async function recordPart(
  run: Pick<AgentRun, 'isUndisturbed'>,
  records: AuditRecord[],
  onWait: () => void,
): Promise<'recorded' | 'unrecordable'> {
  const options = {
    startToCloseTimeout: '10s',
    summary: records
      .map(({ data }) => `audit ${data.stage} ${data.requestId ?? ''}`)
      .join(', ')
      .slice(0, 180),
  } satisfies ActivityOptions;
  const once = { ...options, retry: { maximumAttempts: 1 } };
  // By a task that is lost a local activity would have written what its repeat writes again, with another time.
  const first =
    run.isUndisturbed && !patched('records-outlive-tasks')
      ? proxyLocalActivities<ProvisioningActivities>(once)
      : proxyActivities<ProvisioningActivities>(once);
  try {
    await first.recordAudit({ records, again: false });
    return 'recorded';
  } catch (error) {
    if (isUnrecordable(error)) return 'unrecordable';
    onWait();
  }
  const real = proxyActivities<ProvisioningActivities>({ ...options, retry: { maximumInterval: '10s' } });
  try {
    await real.recordAudit({ records, again: true });
    return 'recorded';
  } catch (error) {
    if (isUnrecordable(error)) return 'unrecordable';
    throw error;
  }
}

function isUnrecordable(error: unknown): boolean {
  const cause = failureIn(error);
  return cause instanceof ApplicationFailure && cause.type === FAILURE.auditUnrecordable;
}
