import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowExecutionDescription, WorkflowExecutionInfo } from '@temporalio/client';
import ms from 'ms';
import { TEMPORARY_WORKFLOW, temporaryPrefix } from '../domain/workflow-id.ts';
import {
  TEMPORARY_MEMO,
  temporaryStatusQuery,
  type TemporaryState,
  type TemporaryStatus,
} from '../workflows/temporary-skill.messages.ts';
import { isOpen, latestRun, listRuns } from './agent-runs.ts';
import { NotAcceptedError, StillRunningError, UnknownTemporaryError, WaitAbortedError } from './errors.ts';
import type { TemporalLink } from './temporal-link.ts';
import type { TemporaryKey } from './temporary.schema.ts';
import { queryRun, type WaitOptions } from './waiting.ts';

/** What is known of a temporary skill. */
export interface TemporaryView extends Omit<TemporaryStatus, 'state'> {
  /** `Terminated`: somebody ended its run, so that nobody takes the skill back. */
  state: TemporaryState | 'Terminated';
  workflowId: string;
  runId: string;
  /** What a person should know about this, where it needs words. */
  message?: string;
}

/** The run of a temporary skill, and who serves it. */
export interface TemporaryTarget extends TemporaryKey {
  workflowId: string;
  taskQueue: string;
}

const DEFAULT_WAIT_MS = 15 * 60_000;
/** So long nobody may have answered before a caller hears that no worker polls. */
const NO_WORKER_MS = 9_000;
const FIRST_PAUSE_MS = 200;
const PAUSE_GROWTH = 1.5;
const LONGEST_PAUSE_MS = 5_000;

const NOT_TAKEN_BACK =
  'Its run was terminated, so nobody takes the skill back. Look at what the agent has, and make a request if that is wrong.';

/** Those of a tenant, or of one agent; by default those that have not ended. In the order in which they end. */
export async function listTemporary(
  link: TemporalLink,
  tenantId: string,
  { agentId, all = false }: { agentId?: string; all?: boolean },
): Promise<TemporaryView[]> {
  const ids = `WorkflowType = '${TEMPORARY_WORKFLOW}' AND WorkflowId STARTS_WITH '${temporaryPrefix(tenantId, agentId)}'`;
  const which = all ? "ExecutionStatus != 'ContinuedAsNew'" : "ExecutionStatus = 'Running'";
  const runs = await listRuns(link, `${ids} AND ${which}`);
  const views = runs.flatMap((run) => {
    // Left out, it would look as if nothing were lent.
    if (run.refused !== undefined) throw run.refused;
    return viewOf(run) ?? [];
  });
  return views.sort((one, other) => Date.parse(one.until) - Date.parse(other.until));
}

/** From the run itself, or else from what it has recorded. Throws {@link UnknownTemporaryError}. */
export async function readTemporary(link: TemporalLink, target: TemporaryTarget): Promise<TemporaryView> {
  const { agentId, temporaryId, workflowId, taskQueue } = target;
  const latest = await latestRun(link, workflowId);
  if (latest === undefined) throw new UnknownTemporaryError(agentId, temporaryId);
  const { runId } = latest;
  const answer = isOpen(latest) ? await queryRun(link, workflowId, temporaryStatusQuery) : undefined;
  if (answer !== undefined) return { ...answer, workflowId, runId };
  const now = isOpen(latest) ? ((await latestRun(link, workflowId)) ?? latest) : latest;
  if (now.status.name === 'COMPLETED') return { ...(await resultOf(link, now)), workflowId, runId: now.runId };
  const view = viewOf(now);
  if (view === undefined) throw new UnknownTemporaryError(agentId, temporaryId);
  if (!isOpen(now)) return view;
  const message =
    'No worker answered, so this is what was last recorded and may be out of date. Check that one is running on task ' +
    `queue ${taskQueue} (cxone-skills worker).`;
  return { ...view, message };
}

/**
 * Waits until a temporary skill stands as `settled` says, or waits for a person. Throws {@link StillRunningError},
 * {@link WaitAbortedError}, and {@link NotAcceptedError} if no worker is there.
 */
export async function waitForTemporary(
  link: TemporalLink,
  target: TemporaryTarget,
  settled: (view: TemporaryView) => boolean,
  { timeoutMs = DEFAULT_WAIT_MS, signal }: Pick<WaitOptions, 'timeoutMs' | 'signal'>,
): Promise<TemporaryView> {
  const { agentId, temporaryId, workflowId, taskQueue } = target;
  const details = { agentId, requestId: temporaryId, workflowId };
  const startedAt = Date.now();
  let isServed = false;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * PAUSE_GROWTH, LONGEST_PAUSE_MS)) {
    if (signal?.aborted === true) throw new WaitAbortedError(details);
    const view = await readTemporary(link, target);
    isServed ||= view.message === undefined;
    if (isServed && (settled(view) || view.parked !== undefined)) return view;
    if (!isServed && Date.now() - startedAt > NO_WORKER_MS) {
      const message =
        `No worker took the temporary skill ${temporaryId} in time. Check that one is running on task queue ` +
        `${taskQueue} (cxone-skills worker). It is stored and will be carried out as soon as a worker polls.`;
      throw new NotAcceptedError(message, { stored: true, workflowId, requestId: temporaryId, taskQueue });
    }
    if (Date.now() - startedAt + pauseMs > timeoutMs) {
      throw new StillRunningError(ms(timeoutMs, { long: true }), details);
    }
    await delay(pauseMs, undefined, { ...(signal === undefined ? {} : { signal }) }).catch(() => undefined);
  }
}

async function resultOf(link: TemporalLink, { workflowId, runId }: WorkflowExecutionDescription) {
  return link.call(async (client) => {
    const result: unknown = await client.workflow.getHandle(workflowId, runId).result();
    return result as TemporaryStatus;
  });
}

type RecordedRun = Pick<WorkflowExecutionInfo, 'workflowId' | 'runId' | 'status'> & {
  memo?: Record<string, unknown> | undefined;
};

function viewOf({ memo, workflowId, runId, status }: RecordedRun): TemporaryView | undefined {
  const recorded = memo?.[TEMPORARY_MEMO] as TemporaryStatus | undefined;
  if (recorded === undefined) return undefined;
  const view = { ...recorded, workflowId, runId };
  const isCut = status.name !== 'RUNNING' && status.name !== 'PAUSED' && recorded.state !== 'Ended';
  return isCut ? { ...view, state: 'Terminated', message: NOT_TAKEN_BACK } : view;
}
