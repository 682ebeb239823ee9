import { CancellationScope, log, metricMeter, patched, workflowInfo } from '@temporalio/workflow';
import { toMs } from '../domain/duration.ts';
import { FAILURE } from '../domain/failure-types.ts';
import { METRICS } from '../domain/metric-names.ts';
import type { Problem, RequestOutcome } from '../domain/outcome.ts';
import type { TemporarySkill } from '../domain/temporary-skill.ts';
import { temporaryOfWorkflowId } from '../domain/workflow-id.ts';
import { pause } from './agent-run.ts';
import { recordAudit } from './audit-trail.ts';
import { checked, checkTemporarySkill, refusal } from './check-input.ts';
import { problemOf, toRefusal, wrongTemporaryRecord } from './refusals.ts';
import { listen } from './temporary-handlers.ts';
import { endRequest, startRequest, temporaryActivities } from './temporary-requests.ts';
import { now, TemporaryRun, type CarriedTemporary, type FormerLevel } from './temporary-run.ts';
import type { TemporaryEnd, TemporaryStatus } from './temporary-skill.messages.ts';
import { publishTemporary, temporaryStatusOf } from './temporary-view.ts';
import { carriedOut, recordEvents, wait, waitToTryAgain } from './temporary-wait.ts';

const ended = metricMeter.createCounter(METRICS.temporaryEnded, '1', 'Ended temporary skills by status');
const overstayed = metricMeter.createCounter(
  METRICS.temporaryOverstayed,
  '1',
  'Temporary skills that could not be taken back in time',
);

/** Somebody else has changed the level since it was given. */
const OTHERS = 'changed-by-others';
/** There is nobody, or nothing, any more to take it back from. */
const GONE: readonly (string | undefined)[] = ['unknown-agent', 'unknown-skill'];

/**
 * Gives an agent a skill for a time, and then what they had before. Writes nothing itself: both changes are requests to
 * the agent's run. `carried` is what the run before handed over; only the workflow itself passes it.
 */
export async function TemporarySkillWorkflow(
  temporary: TemporarySkill,
  carried?: CarriedTemporary,
): Promise<TemporaryStatus> {
  const isContinued = workflowInfo().continuedFromExecutionRunId !== undefined;
  let value: TemporarySkill;
  try {
    value = acceptable(temporary);
  } catch (error) {
    throw await refused(temporary, error);
  }
  const run = new TemporaryRun(value, isContinued ? carried : undefined);
  listen(run);
  return CancellationScope.nonCancellable(async () => {
    const problem = await settlePolicy(run);
    if (problem !== undefined) {
      run.refuse('refused', problem);
      return conclude(run, 'rejected', problem);
    }
    void watchEnd(run);
    await untilStart(run);
    await give(run);
    await untilEnd(run);
    return takeBack(run);
  });
}

/** The refusal of a start, once it is in the audit trail. */
async function refused(temporary: unknown, error: unknown): Promise<Error> {
  const failure = toRefusal(error);
  if (patched('audit-events')) {
    const target = temporaryOfWorkflowId(workflowInfo().workflowId);
    const record = wrongTemporaryRecord(target, temporary, problemOf(failure));
    await recordAudit({ isUndisturbed: false }, [record], () => undefined);
  }
  return failure;
}

/** The start argument, if it is the temporary skill that the workflow's id names. */
function acceptable(temporary: unknown): TemporarySkill {
  const target = temporaryOfWorkflowId(workflowInfo().workflowId);
  const value = checked(checkTemporarySkill(temporary));
  const { tenantId, agentId, temporaryId } = value;
  if (target?.tenantId === tenantId && target.agentId === agentId && target.temporaryId === temporaryId) return value;
  throw refusal(
    FAILURE.invalidInput,
    `${workflowInfo().workflowId} is not the id of this temporary skill: temporary/{tenantId}/{agentId}/{temporaryId}.`,
  );
}

async function settlePolicy(run: TemporaryRun): Promise<Problem | undefined> {
  if (run.policy !== undefined) return undefined;
  publishTemporary(run);
  const check = await temporaryActivities('validate, settle the policy').checkTemporary({ temporary: run.temporary });
  if (!check.ok) return check.problem;
  run.policy = check.policy;
  return undefined;
}

/** Notes by a timer of its own that the end has come, whatever goes on then. */
async function watchEnd(run: TemporaryRun): Promise<void> {
  for (let isMoved = true; isMoved;) {
    const { until } = run;
    const isElsewhere = (): boolean => run.until !== until;
    isMoved = (await pause(Date.parse(until) - Date.now(), `until ${until}`, isElsewhere)) || isElsewhere();
  }
  run.isOver = true;
}

async function untilStart(run: TemporaryRun): Promise<void> {
  const { from } = run.temporary;
  if (run.state !== 'Scheduled' || from === undefined) return;
  await wait(run, { ms: Date.parse(from) - Date.now(), summary: `from ${from}` }, () => run.mustEnd);
}

/** Has the skill given, unless it is too late for that. A request that is still open at the end is cancelled. */
async function give(run: TemporaryRun): Promise<void> {
  const isTooLate = run.mustEnd || Date.parse(run.until) <= Date.now();
  if (run.start !== undefined || (run.state === 'Scheduled' && isTooLate)) return;
  if (run.state === 'Scheduled') {
    run.enter('Starting');
    publishTemporary(run);
  }
  run.start = await carriedOut(run, startRequest(run), toMs(run.overstayAfter), async () => undefined);
}

async function untilEnd(run: TemporaryRun): Promise<void> {
  if (!run.isGiven || run.state === 'Ending') return;
  if (run.state !== 'Active') {
    run.enter('Active');
    publishTemporary(run);
  }
  await wait(run, undefined, () => run.mustEnd);
}

/** Has restored what the start changed. */
async function takeBack(run: TemporaryRun): Promise<TemporaryStatus> {
  const { former } = run;
  if (former === undefined) return conclude(run, run.isGiven ? 'restored' : withoutStart(run), whyNotGiven(run));
  if (run.state !== 'Ending') {
    run.enter('Ending');
    publishTemporary(run);
  }
  run.end = await endedBy(run, former);
  const { status, problem } = judge(run.end, former.previousLevel);
  if (run.isGiven || status !== 'restored') return conclude(run, status, problem);
  return conclude(run, withoutStart(run), whyNotGiven(run));
}

/**
 * How the request that takes it back ends. While one is refused, by whatever rule, the agent keeps the skill and no person
 * has a case to decide, so it is told like any other that is late, and made again.
 */
async function endedBy(run: TemporaryRun, former: FormerLevel): Promise<RequestOutcome> {
  // Since the end was due, not since now: the worker may have been away.
  const due = run.isOver ? Date.parse(run.until) : Date.parse(run.since);
  for (;;) {
    const firstLookMs = due + toMs(run.overstayAfter) - Date.now();
    const outcome = await carriedOut(run, endRequest(run, former), firstLookMs, () => noteOverstay(run));
    if (!isRefusedByRule(outcome) || !patched('refused-ends-overstay')) return outcome;
    run.problem = outcome.problem;
    await noteOverstay(run);
    if (GONE.includes(outcome.problem?.code)) return outcome;
    run.refusedEnds += 1;
    publishTemporary(run);
    await waitToTryAgain(run, outcome.requestId);
  }
}

function whyNotGiven({ start, order }: TemporaryRun): Problem | undefined {
  if (start !== undefined || order !== undefined) return start?.problem;
  return { code: 'too-late', message: 'Its end had come before it could be given; no worker was there in time.' };
}

function withoutStart({ order }: TemporaryRun): TemporaryEnd {
  return order === undefined ? 'not-given' : 'cancelled';
}

function isRefusedByRule({ status, problem }: RequestOutcome): boolean {
  return status === 'rejected' && problem?.code !== OTHERS;
}

function judge(
  { status, problem, changes }: RequestOutcome,
  level: number,
): { status: TemporaryEnd; problem?: Problem } {
  const isBack = status === 'accepted' && changes[0]?.level === level;
  if (status === 'provisioned' || status === 'unchanged' || isBack) return { status: 'restored' };
  const isOthers = status === 'rejected' && problem?.code === OTHERS;
  const message = `The request that takes the skill back ended as ${status}.`;
  return { status: isOthers ? 'left-alone' : 'not-restored', problem: problem ?? { code: status, message } };
}

async function noteOverstay(run: TemporaryRun): Promise<void> {
  if (run.overstayedSince !== undefined) return;
  run.overstayedSince = now();
  overstayed.add(1);
  log.warn('a temporary skill has overstayed', { temporaryId: run.temporary.temporaryId });
  run.events.push({ outcome: 'temporary-overstayed', time: run.overstayedSince });
  publishTemporary(run);
  await recordEvents(run);
}

async function conclude(run: TemporaryRun, status: TemporaryEnd, problem?: Problem): Promise<TemporaryStatus> {
  await recordEvents(run);
  run.status = status;
  run.problem = problem;
  run.parked = undefined;
  run.enter('Ended');
  ended.add(1, { status });
  publishTemporary(run);
  return temporaryStatusOf(run);
}
