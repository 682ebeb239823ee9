import { metricMeter } from '@temporalio/activity';
import { toMs } from '../domain/duration.ts';
import { FAILURE } from '../domain/failure-types.ts';
import { METRICS } from '../domain/metric-names.ts';
import { DEFAULT_POLICY } from '../domain/policy.ts';
import type { AgentCall, ShiftLimits, ToggleCommand } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { stillWaiting } from './failure.ts';

/** Idle intervals between two looks at the schedule: it may have changed before a boundary is over. */
const INTERVALS = 12;

/** Throws a failure that is retried while a shift boundary is too near, or work waits for a stale feed. */
export function assertClearOfShifts(deps: ActivityDeps, input: AgentCall & ShiftLimits & { intervalMs: number }): void {
  const marginMs = marginOf(input);
  const verdict = deps.shifts?.judge(input, { beforeMs: marginMs, afterMs: marginMs });
  const lookAgainMs = INTERVALS * input.intervalMs;
  switch (verdict?.kind) {
    case 'near': {
      const at = new Date(verdict.boundaryMs).toISOString();
      const message = `too near the shift boundary at ${at}`;
      throw stillWaiting(FAILURE.shiftBoundary, message, Math.min(verdict.clearInMs, lookAgainMs), at);
    }
    case 'stale':
      throw stillWaiting(FAILURE.shiftFeedStale, `the shift feed ${verdict.feed} is stale`, lookAgainMs, verdict.feed);
    case 'clear':
      if (verdict.unchecked === undefined) return;
      metricMeter
        .createCounter(METRICS.uncheckedShifts, '1', 'Looks that found a stale shift feed and let the work go on')
        .add(1, { feed: verdict.unchecked });
      return;
    case undefined:
      return;
  }
}

/** Whether a toggle that starts now may still be under way when a boundary comes, or meets what it left behind. */
export function meetsShiftBoundary(deps: ActivityDeps, command: ToggleCommand): boolean {
  const beforeMs = command.gapMs + 2 * command.requestTimeoutMs;
  return deps.shifts?.judge(command, { beforeMs, afterMs: marginOf(command) }).kind === 'near';
}

function marginOf({ shiftMargin = DEFAULT_POLICY.shiftMargin }: ShiftLimits): number {
  return toMs(shiftMargin);
}
