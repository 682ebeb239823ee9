import {
  ActivityCancellationType,
  ApplicationFailure,
  proxyActivities,
  proxyLocalActivities,
  TimeoutFailure,
} from '@temporalio/workflow';
import { TimeoutType } from '@temporalio/common';
import type {
  AgentCall,
  AgentReading,
  IdleState,
  PatchAnswer,
  ProvisioningActivities,
  RequestCheck,
  SkillResolution,
  ToggleResult,
} from '../activities/contract.ts';
import { toMs } from '../domain/duration.ts';
import { FAILURE, type RefusalDetails } from '../domain/failure-types.ts';
import { describeInventory, type SkillLevel } from '../domain/inventory.ts';
import type { Problem } from '../domain/outcome.ts';
import type { Policy } from '../domain/policy.ts';
import type { ProvisionRequest, SkillChange } from '../domain/request.ts';
import { failureIn, isUnread } from './activity-failure.ts';
import { unlessInterrupted, type AgentRun } from './agent-run.ts';
import type { Attempt } from './batch.ts';
import type { Unsent } from './write-decision.ts';

/** What a read came to. `gave-up` carries the last failure's type and first detail. */
export type Read<T> =
  | { kind: 'read'; value: T }
  | { kind: 'refused'; problem: Problem; status: number }
  | { kind: 'gave-up'; lastFailure: string; detail: unknown }
  | { kind: 'interrupted' };

/** How far a read goes when the first look does not answer it. */
export interface Patience {
  policy: Policy;
  /** When a person has to look instead; milliseconds from now. 0: one look, no more. */
  limitMs: number;
  interrupted: () => boolean;
  /** Called when the first look did not do and the waiting begins. */
  onWait?: (failure: string) => void;
}

/** A first look may block the workflow's task, so it is short; what takes longer becomes a real activity. */
const LONGEST_LOOK_MS = 5_000;
const NEVER = (): boolean => false;
const LOST = { kind: 'lost' } as const;

/** One HTTP exchange may need a token first, and each may take the request timeout. */
function exchangeMs(requestTimeoutMs: number): number {
  return 2 * requestTimeoutMs + 1_000;
}

/** Validates requests and settles their policy. Needs no platform, so it is always answered. */
export async function checkRequests(run: AgentRun, requests: ProvisionRequest[]): Promise<RequestCheck[]> {
  const options = { startToCloseTimeout: '10s', summary: 'validate the request, settle its policy' } as const;
  const activities = run.isUndisturbed
    ? proxyLocalActivities<ProvisioningActivities>(options)
    : proxyActivities<ProvisioningActivities>(options);
  return activities.checkRequests({ requests });
}

export async function resolveSkills(
  run: AgentRun,
  changes: SkillChange[],
  patience: Patience,
): Promise<Read<SkillResolution[]>> {
  return lookThenWait(run, 'resolveSkill', callOf(run, patience.policy, { changes }), patience, 'look the skills up');
}

export async function fetchAgent(run: AgentRun, patience: Patience): Promise<Read<AgentReading>> {
  return lookThenWait(run, 'fetchAgent', callOf(run, patience.policy, {}), patience, 'read the directory');
}

export async function awaitIdleState(run: AgentRun, patience: Patience): Promise<Read<IdleState>> {
  const { idleInterval, shiftMargin } = patience.policy;
  const input = callOf(run, patience.policy, { intervalMs: toMs(idleInterval), shiftMargin });
  return lookThenWait(run, 'awaitIdleState', input, patience, 'wait until the agent is idle');
}

/** What a wait for an idle agent is for, by the kind of failure that made it wait. */
export function idleWait(failure: string): string {
  if (failure === FAILURE.notIdle) return 'idle';
  if (failure === FAILURE.shiftBoundary) return 'shift-boundary';
  return failure === FAILURE.shiftFeedStale ? 'shift-feed' : 'platform';
}

/** What routing was found to use. */
export type RoutingLook =
  | { kind: 'in-step' | 'not-in-step'; routing: SkillLevel[] }
  | { kind: 'unavailable' }
  | { kind: 'refused'; problem: Problem };

/**
 * Waits until routing shows the wishes; without wishes it reads what routing uses. It is found not in step by a look at
 * the end of the limit or later.
 */
export async function verifyRouting(run: AgentRun, wishes: SkillLevel[], patience: Patience): Promise<RoutingLook> {
  const input = callOf(run, patience.policy, { wishes, intervalMs: toMs(patience.policy.verifyInterval) });
  const summary = wishes.length === 0 ? 'read routing' : `does routing show ${describeInventory(wishes)}?`;
  // The server begins no try after the limit, so that the last one would come up to an interval before it.
  const limitMs = patience.limitMs > 0 ? patience.limitMs + input.intervalMs : 0;
  const read = await lookThenWait(run, 'verifyRouting', input, { ...patience, limitMs }, summary);
  if (read.kind === 'read') return { kind: 'in-step', routing: read.value };
  if (read.kind === 'refused') return read;
  if (read.kind === 'gave-up' && read.lastFailure === FAILURE.notInStep) {
    return { kind: 'not-in-step', routing: read.detail as SkillLevel[] };
  }
  return { kind: 'unavailable' };
}

/** Sends one PATCH, once. A worker that died with it counts as a lost answer; `unsent` never left. */
export async function patchSkills(run: AgentRun, attempt: Attempt, policy: Policy): Promise<PatchAnswer | Unsent> {
  const input = callOf(run, policy, { wishes: attempt.wishes, etag: attempt.etag, idempotencyKey: attempt.key });
  const activities = proxyActivities<ProvisioningActivities>({
    startToCloseTimeout: exchangeMs(2 * input.requestTimeoutMs),
    // An activity that no worker takes up soon would write on a state that was read long ago.
    scheduleToStartTimeout: '10s',
    retry: { maximumAttempts: 1 },
    summary: `PATCH ${describeInventory(attempt.wishes)}`,
  });
  try {
    return await activities.patchSkills(input);
  } catch (error) {
    const cause = failureIn(error);
    if (cause instanceof ApplicationFailure) return isUnread(cause.type) ? { kind: 'unsent', unread: true } : LOST;
    return cause.timeoutType === TimeoutType.SCHEDULE_TO_START ? { kind: 'unsent' } : LOST;
  }
}

/** Takes the agent out of the queue and puts them back, or only puts them back. Retried without limit. */
export async function toggleState(run: AgentRun, mode: 'toggle' | 'restore', policy: Policy): Promise<ToggleResult> {
  const { toggleGap, shiftMargin } = policy;
  const input = callOf(run, policy, { gapMs: toMs(toggleGap), mode, shiftMargin });
  const activities = proxyActivities<ProvisioningActivities>({
    // Two state reads, two state changes and the gap twice.
    startToCloseTimeout: 2 * exchangeMs(2 * input.requestTimeoutMs) + 2 * input.gapMs,
    // A dead worker must be noticed while its agent is out of the queue.
    heartbeatTimeout: '3s',
    retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '5s' },
    summary: mode === 'toggle' ? 'NOTAVAILABLE, wait, AVAILABLE' : 'put the agent back: AVAILABLE',
  });
  return activities.toggleState(input);
}

type ReadActivity = 'resolveSkill' | 'fetchAgent' | 'awaitIdleState' | 'verifyRouting';

/**
 * Looks once, by a local activity while the run is undisturbed; whatever has to wait or be retried becomes the real
 * activity of that name.
 */
async function lookThenWait<N extends ReadActivity, T = Awaited<ReturnType<ProvisioningActivities[N]>>>(
  run: AgentRun,
  name: N,
  input: Parameters<ProvisioningActivities[N]>[0],
  { limitMs, interrupted, onWait }: Patience,
  summary: string,
): Promise<Read<T>> {
  const lookMs = Math.min(input.requestTimeoutMs, LONGEST_LOOK_MS);
  const once = { startToCloseTimeout: exchangeMs(lookMs), retry: { maximumAttempts: 1 }, summary };
  const first = run.isUndisturbed
    ? proxyLocalActivities<ProvisioningActivities>(once)
    : proxyActivities<ProvisioningActivities>(once);
  let failed: FailedRead;
  const look = first[name] as unknown as (input: unknown) => Promise<T>;
  try {
    return { kind: 'read', value: await look({ ...input, requestTimeoutMs: lookMs }) };
  } catch (error) {
    failed = readFailure(error);
    if (failed.kind === 'refused' || limitMs <= 0) return failed;
    onWait?.(failed.lastFailure);
  }
  const real = proxyActivities<ProvisioningActivities>({
    startToCloseTimeout: exchangeMs(input.requestTimeoutMs),
    scheduleToCloseTimeout: limitMs,
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    summary,
  });
  const wait = real[name] as (input: unknown) => Promise<T>;
  try {
    const waited = await unlessInterrupted(() => wait(input), interrupted);
    return waited.done ? { kind: 'read', value: waited.value } : { kind: 'interrupted' };
  } catch (error) {
    // Time that runs out while an attempt is under way says nothing new.
    return failureIn(error) instanceof TimeoutFailure ? lastKnown(error, failed) : readFailure(error);
  }
}

function callOf<T extends object>(run: AgentRun, policy: Policy, more: T): AgentCall & T {
  return { tenantId: run.tenantId, agentId: run.agentId, requestTimeoutMs: toMs(policy.requestTimeout), ...more };
}

type FailedRead = Extract<Read<never>, { kind: 'refused' | 'gave-up' }>;

function readFailure(error: unknown): FailedRead {
  const cause = failureIn(error);
  if (cause instanceof TimeoutFailure) {
    return { kind: 'gave-up', lastFailure: FAILURE.platformUnavailable, detail: undefined };
  }
  const detail: unknown = cause.details?.[0];
  if (cause.nonRetryable !== true) {
    return { kind: 'gave-up', lastFailure: cause.type ?? FAILURE.platformUnavailable, detail };
  }
  const { status, code } = (detail ?? { status: 0 }) as RefusalDetails;
  return { kind: 'refused', status, problem: { code: refusalCode(cause.type, status, code), message: cause.message } };
}

/** What the last attempt that ended found; if none did, what the first look found. */
function lastKnown(error: unknown, first: FailedRead): FailedRead {
  const { cause } = failureIn(error);
  return cause instanceof ApplicationFailure ? readFailure(cause) : first;
}

function refusalCode(type: string | null | undefined, status: number, code: string | undefined): string {
  if (type === FAILURE.configuration) return 'worker-configuration';
  if (status === 404) return 'unknown-agent';
  return code === undefined ? 'platform-refused' : code.replaceAll('_', '-');
}

/** One look, no waiting. */
export function oneLook(policy: Policy): Patience {
  return { policy, limitMs: 0, interrupted: NEVER };
}
