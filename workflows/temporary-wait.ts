import { ActivityFailure, condition, continueAsNew, log, sleep } from '@temporalio/workflow';
import type { SubmitAnswer } from '../activities/contract.ts';
import { toMs } from '../domain/duration.ts';
import type { Problem, RequestOutcome } from '../domain/outcome.ts';
import type { ProvisionRequest } from '../domain/request.ts';
import { pause } from './agent-run.ts';
import { recordAudit } from './audit-trail.ts';
import { temporaryActivities, temporaryRecord } from './temporary-requests.ts';
import type { TemporaryEvent, TemporaryRun } from './temporary-run.ts';
import type { TemporarySkillWorkflow } from './temporary-skill.ts';

/** News of a request that got lost is looked for at growing intervals, up to this. */
const LONGEST_LOOK_MS = 60 * 60_000;

/**
 * Has the agent's run carry a request out and waits for its outcome, which comes as a signal. A repeated submission is
 * the look for news that got lost, with the run that had it; `overdue` is called when such a look finds no end.
 */
export async function carriedOut(
  run: TemporaryRun,
  request: ProvisionRequest,
  firstLookMs: number,
  overdue: () => Promise<void>,
): Promise<RequestOutcome> {
  const { requestId } = request;
  const mustWithdraw = (): boolean => run.state === 'Starting' && run.mustEnd && !run.withdrawn;
  for (let looks = 0; ;) {
    const answer = await submit(run, request);
    if (answer?.kind === 'refused') return refusedOutcome(requestId, answer.problem);
    const outcome = answer?.outcome ?? run.outcomeOf(requestId);
    if (outcome !== undefined) return outcome;
    if (answer === undefined) {
      await overdue();
      await goOnIfTooLong(run);
      continue;
    }
    if (looks > 0) await overdue();
    const laterMs = growingMs(run, looks);
    const timer = { ms: looks === 0 ? firstLookMs : laterMs, summary: `the end of request ${requestId}` };
    looks += 1;
    await wait(run, timer, () => run.outcomeOf(requestId) !== undefined || mustWithdraw());
    const news = run.outcomeOf(requestId);
    if (news !== undefined) return news;
    if (mustWithdraw()) await withdraw(run, request);
  }
}

/** Waits before an end that was refused is made again. */
export async function waitToTryAgain(run: TemporaryRun, requestId: string): Promise<void> {
  const timer = { ms: growingMs(run, run.refusedEnds - 1), summary: `until another try, as ${requestId} was refused` };
  await wait(run, timer, () => false);
}

function growingMs(run: TemporaryRun, times: number): number {
  return Math.min(toMs(run.overstayAfter) * 2 ** times, LONGEST_LOOK_MS);
}

/** Undefined: for as long as it may take to end on time nobody took the request. */
async function submit(run: TemporaryRun, request: ProvisionRequest): Promise<SubmitAnswer | undefined> {
  const activities = temporaryActivities(`request ${request.requestId}`, run.overstayAfter);
  try {
    return await activities.submitRequest({ request });
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    return undefined;
  }
}

/** Cancels a start that comes too late. Whatever it has done by then is taken back like any other. */
async function withdraw(run: TemporaryRun, { tenantId, agentId, requestId }: ProvisionRequest): Promise<void> {
  run.withdrawn = true;
  const { by, note } = run.order ?? { by: run.temporary.requestedBy, note: 'the time of the temporary skill is over' };
  await temporaryActivities(`cancel ${requestId}`).cancelRequest({ tenantId, agentId, requestId, by, note });
}

function refusedOutcome(requestId: string, problem: Problem): RequestOutcome {
  return { requestId, status: 'rejected', changes: [], toggles: 0, conflicts: 0, problem };
}

/**
 * Waits until `done`, or the timer fires. What people order meanwhile goes into the audit trail before it takes effect,
 * and the run continues as new when it has to.
 */
export async function wait(
  run: TemporaryRun,
  timer: { ms: number; summary: string } | undefined,
  done: () => boolean,
): Promise<void> {
  const something = (): boolean => done() || run.events.length > 0 || run.isTooLong;
  const due = Date.now() + (timer?.ms ?? 0);
  for (let fired = false; !fired && !done();) {
    if (timer === undefined) await condition(something);
    else fired = !(await pause(due - Date.now(), timer.summary, something));
    await recordEvents(run);
    await goOnIfTooLong(run);
  }
}

export async function recordEvents(run: TemporaryRun): Promise<void> {
  for (let event = run.events[0]; event !== undefined; event = run.events[0]) {
    await recordEvent(run, event);
    run.events.shift();
  }
}

async function recordEvent(run: TemporaryRun, event: TemporaryEvent): Promise<void> {
  const answer = await recordAudit(run, [temporaryRecord(run, event)], () => undefined);
  if (answer === 'unrecordable') log.error('the audit trail can never accept a record', { event: event.outcome });
}

async function goOnIfTooLong(run: TemporaryRun): Promise<void> {
  if (!run.isTooLong) return;
  while (run.answersInThisTask) await sleep(1);
  await continueAsNew<typeof TemporarySkillWorkflow>(run.temporary, run.carry());
}
