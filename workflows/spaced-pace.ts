import type { PermitGrant, PermitOrder } from './tenant-pace.messages.ts';

/** What a run of a `SpacedPace` hands to the next. Unix milliseconds of the workflow's clock. */
export interface SpacedPaceState {
  /** When the next permit would be due if permits were given out evenly. */
  due: number;
  /** Until when the writes that were sent away have booked the permits to come. */
  bookedUntil: number;
  /** How long permits are good for, and until when that must not get less. */
  validMs: number;
  slowUntil: number;
}

/** Two PATCHes take different times on their way: by so much they may come closer together than they left. */
const NETWORK_GUARD_MS = 250;
/** How long permits stay good for longer after the last worker that needed it, which answers reach slowly. */
const SLOW_MS = 60_000;
/** Permits gather for so long before a worker with several waiting writes should ask again: each order costs a task. */
const GATHER_MS = 500;

/**
 * The pace of runs that began before permits were counted (`pace.ts`), so that they replay; no new run has it.
 *
 * Gives permits out evenly, and a few at once after a pause (the generic cell rate algorithm). A permit is used within
 * `validMs` of when it was given out, so what the platform sees in a minute was given out within `windowMs`. With a burst
 * of `b` and a permit every `windowMs / (limit - b + 1)`, no such window holds more than the limit.
 */
export class SpacedPace {
  private readonly state: SpacedPaceState;

  constructor(carried: SpacedPaceState = { due: 0, bookedUntil: 0, validMs: 0, slowUntil: 0 }) {
    this.state = { ...carried };
  }

  take(order: PermitOrder, now: number): PermitGrant {
    const { count, agentsPerMinute, deferred = 0, throttledMs = 0 } = order;
    const { state } = this;
    this.settleValidity(order.validMs, now);
    const windowMs = 60_000 + state.validMs + NETWORK_GUARD_MS;
    const burst = burstOf(agentsPerMinute);
    const spacingMs = windowMs / (agentsPerMinute - burst + 1);
    const headStartMs = (burst - 1) * spacingMs;

    const closedUntil = throttledMs > 0 ? now + throttledMs + headStartMs : 0;
    const due = Math.max(state.due, now, closedUntil);
    // Both times are far from zero, and their sum is not exact: what is due to a millionth is due.
    const free = Math.max(Math.floor((headStartMs - (due - now)) / spacingMs + 1e-6) + 1, 0);
    const granted = Math.min(count, free);
    state.due = due + granted * spacingMs;
    state.bookedUntil = Math.max(state.bookedUntil, state.due) + deferred * spacingMs;

    const left = count - granted;
    const gatherMs = Math.min((Math.min(left, burst) - 1) * spacingMs, GATHER_MS);
    return {
      granted,
      validMs: state.validMs,
      retryAfterMs: left === 0 ? 0 : Math.ceil(Math.max(state.due - headStartMs - now, 0) + gatherMs),
      backlogMs: Math.ceil(Math.max(state.bookedUntil - headStartMs - now, 0)),
      spacingMs,
    };
  }

  /** A window with permits of two kinds would hold too many, so a change costs the time by which they differ. */
  private settleValidity(wantedMs: number, now: number): void {
    const { state } = this;
    if (wantedMs >= state.validMs) state.slowUntil = now + SLOW_MS;
    const validMs = now < state.slowUntil ? Math.max(wantedMs, state.validMs) : wantedMs;
    state.due += Math.abs(validMs - state.validMs);
    state.validMs = validMs;
  }

  /** Nothing that was given out or closed still matters. */
  isAtRest(now: number): boolean {
    return this.state.due <= now;
  }

  carry(): SpacedPaceState {
    return { ...this.state };
  }
}

/** Enough for a worker not to lose permits between two orders; more would leave a gap after it. */
function burstOf(agentsPerMinute: number): number {
  return Math.min(agentsPerMinute, Math.max(2, Math.floor(agentsPerMinute / 50)));
}
