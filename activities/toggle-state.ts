import { Context, log, metricMeter } from '@temporalio/activity';
import type { CxoneClient } from '../cxone/client.ts';
import {
  ConfigurationError,
  PlatformRefusedError,
  PlatformUnreachableError,
  UnexpectedAnswerError,
} from '../cxone/errors.ts';
import { FAILURE } from '../domain/failure-types.ts';
import { METRICS } from '../domain/metric-names.ts';
import type { ProvisioningActivities, ToggleCommand, ToggleResult } from './contract.ts';
import type { ActivityDeps, ToggleStep } from './deps.ts';
import { failure, isFinal, toFailure } from './failure.ts';
import { isIdle } from './read-platform.ts';
import { meetsShiftBoundary } from './shift-boundary.ts';
import { startStallWatch, type StallWatch } from './stall-watch.ts';

/** The reason we give when we take an agent out. Somebody else's reason is a break, and is left alone. */
const OUR_REASON = 'ADMINISTRATIVE';
const NOT_CONFIGURED = 'worker-configuration';
/** However long a `Retry-After` holds for this process: another one may be free to put the agent back. */
const LONGEST_OUT_MS = 5_000;

/** What one attempt works with. */
interface Toggle {
  platform: CxoneClient;
  command: ToggleCommand;
  watch: StallWatch;
  reached: (step: ToggleStep) => void;
  /** A shift boundary is too near to take the agent out now. */
  nearShift: () => boolean;
}

/**
 * Takes an agent out of the queue, waits, and puts them back, all in one activity: the agent gets no contacts
 * meanwhile, and a durable timer may be a second late. Only the first attempt may take the agent out; a later one
 * only puts them back, on the evidence of the state itself. It can't be cancelled.
 */
export function createToggleState(deps: ActivityDeps): ProvisioningActivities['toggleState'] {
  return async (command) => {
    const context = Context.current();
    const first = command.mode === 'toggle' && context.info.attempt === 1;
    const platform = deps.platformFor(command.tenantId);
    if (platform === undefined) return unserved(first);
    const watch = startStallWatch(context);
    try {
      const toggle: Toggle = {
        platform,
        command,
        watch,
        reached: (step) => deps.onToggleStep?.(step),
        nearShift: () => meetsShiftBoundary(deps, command),
      };
      const result = await (first ? outAndBack(toggle) : putBack(toggle));
      toggle.reached('before-completion');
      return result;
    } catch (error) {
      throw toFailure(error);
    } finally {
      watch.stop();
    }
  };
}

/** This worker can't reach the platform of the tenant; an earlier attempt of another worker may have taken the agent out. */
function unserved(first: boolean): ToggleResult {
  const status = 0;
  return first ? { kind: 'not-taken', because: 'refused' } : { kind: 'not-restored', status, code: NOT_CONFIGURED };
}

async function outAndBack(toggle: Toggle): Promise<ToggleResult> {
  const before = await stateBefore(toggle);
  if (before !== undefined) return before;
  toggle.reached('before-notavailable');
  let uncertain = false;
  try {
    await setState(toggle, 'NOTAVAILABLE', OUR_REASON);
  } catch (error) {
    const notTaken = whyNotTaken(error);
    if (notTaken !== undefined) return notTaken;
    uncertain = mayComeLate(error);
  }
  const outSince = performance.now();
  metricMeter.createCounter(METRICS.toggles, '1', 'Times an agent was taken out of the queue').add(1);
  toggle.reached('after-notavailable');
  const refusal = await backAfterGap(toggle, outSince);
  if (refusal !== undefined) return refusal;
  const outOfQueueMs = performance.now() - outSince;
  metricMeter
    .createHistogram(METRICS.outOfQueue, 'float', 's', 'Time out of the queue per toggle')
    .record(outOfQueueMs / 1000);
  if (uncertain) {
    // The platform may still carry NOTAVAILABLE out, after our AVAILABLE: a later attempt looks again.
    throw failure(FAILURE.agentOut, 'NOTAVAILABLE may still take effect', toggle.command.requestTimeoutMs);
  }
  return { kind: 'toggled', outOfQueueMs: Math.round(outOfQueueMs) };
}

/** The state is read again right before the toggle: the agent may have taken a contact or a break meanwhile. */
async function stateBefore({ platform, command, nearShift }: Toggle): Promise<ToggleResult | undefined> {
  try {
    const { state } = await platform.getState(command.agentId, { timeoutMs: command.requestTimeoutMs });
    // As during a contact: routing may follow by itself meanwhile, else the toggle comes when there is time for it.
    if (state === 'AVAILABLE') return nearShift() ? { kind: 'not-taken', because: 'busy', state } : undefined;
    return { kind: 'not-taken', because: isIdle(state) ? 'on-break' : 'busy', state };
  } catch (error) {
    return notTakenBecause(error);
  }
}

/** Whoever answers for the platform may have given up on it, and it not on the call. */
function mayComeLate(error: unknown): boolean {
  if (error instanceof PlatformRefusedError) return [408, 502, 504].includes(error.status);
  return error instanceof PlatformUnreachableError;
}

/** Says why the agent was certainly not taken out; nothing if they may have been. */
function whyNotTaken(error: unknown): ToggleResult | undefined {
  if (error instanceof PlatformRefusedError && error.status === 409) return { kind: 'not-taken', because: 'busy' };
  if (error instanceof PlatformRefusedError && !error.maybeApplied) return notTakenBecause(error);
  if (error instanceof ConfigurationError) return notTakenBecause(error);
  if (error instanceof PlatformUnreachableError && !error.maybeApplied) return notTakenBecause(error);
  if (error instanceof PlatformRefusedError || error instanceof PlatformUnreachableError) return undefined;
  if (error instanceof UnexpectedAnswerError) return undefined;
  throw error;
}

function notTakenBecause(error: unknown): ToggleResult {
  const final = error instanceof ConfigurationError || (error instanceof PlatformRefusedError && isFinal(error));
  const retryAfterMs = error instanceof PlatformRefusedError ? error.retryAfterMs : undefined;
  return {
    kind: 'not-taken',
    because: final ? 'refused' : 'unavailable',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** Puts back an agent whom an earlier attempt, or an earlier activity, may have taken out. */
async function putBack(toggle: Toggle): Promise<ToggleResult> {
  const { platform, command } = toggle;
  try {
    const { state, reason } = await platform.getState(command.agentId, { timeoutMs: command.requestTimeoutMs });
    if (state !== 'NOTAVAILABLE') return { kind: 'restored' };
    if (reason !== undefined && reason !== OUR_REASON) return { kind: 'left-on-break', reason };
  } catch (error) {
    return refusalOf(error, command);
  }
  // A NOTAVAILABLE that was under way may have taken effect while we looked: the gap begins with the answer.
  return (await backAfterGap(toggle, performance.now())) ?? { kind: 'restored' };
}

/** AVAILABLE, not before the gap is over: routing rolls back to the previous skill set otherwise. */
async function backAfterGap(toggle: Toggle, outSince: number): Promise<ToggleResult | undefined> {
  await elapsed(outSince, toggle.command.gapMs / 2);
  toggle.reached('during-gap');
  await elapsed(outSince, toggle.command.gapMs);
  toggle.reached('before-available');
  try {
    await setState(toggle, 'AVAILABLE');
  } catch (error) {
    return refusalOf(error, toggle.command);
  }
  toggle.reached('after-available');
  return undefined;
}

/** A final refusal is a person's business. Everything else is tried again, without limit, until the agent is back. */
function refusalOf(error: unknown, { agentId }: ToggleCommand): ToggleResult {
  if (error instanceof ConfigurationError) return { kind: 'not-restored', status: 0, code: NOT_CONFIGURED };
  if (error instanceof PlatformRefusedError && isFinal(error)) {
    return { kind: 'not-restored', status: error.status, ...(error.code === undefined ? {} : { code: error.code }) };
  }
  const told = toFailure(error);
  log.warn('an agent is out of the queue and could not be put back yet', { agentId, problem: told.message });
  metricMeter
    .createCounter(METRICS.putBacksFailed, '1', 'Tries to put an agent back into the queue that failed')
    .add(1);
  if (!(error instanceof PlatformRefusedError)) throw told;
  const delayMs = error.retryAfterMs === undefined ? undefined : Math.min(error.retryAfterMs, LONGEST_OUT_MS);
  throw failure(FAILURE.agentOut, error.message, delayMs);
}

async function setState(
  { platform, command, watch }: Toggle,
  state: 'AVAILABLE' | 'NOTAVAILABLE',
  reason?: string,
): Promise<void> {
  const options = { timeoutMs: command.requestTimeoutMs, beforeSend: () => watch.assertCurrent() };
  await platform.setState(command.agentId, state, reason, options);
}

/** Waits until `ms` have passed since `from`; a timer alone may fire a little early. */
async function elapsed(from: number, ms: number): Promise<void> {
  for (let left = from + ms - performance.now(); left > 0; left = from + ms - performance.now()) {
    await new Promise((resolve) => setTimeout(resolve, Math.ceil(left)));
  }
}
