import type { SpacedPaceState } from './spaced-pace.ts';
import type { PermitGrant, PermitOrder, SettledGrant } from './tenant-pace.messages.ts';

/** Permits that were given out together and may still count. Times are unix milliseconds of the workflow's clock. */
interface CountedGrant {
  id: string;
  count: number;
  at: number;
  /** When the last of their writes has reached the platform at the latest. */
  until: number;
}

/** What one run hands to the next. */
export interface PaceState {
  grants: CountedGrant[];
  /** When the next permit is due, permits being given out evenly. */
  due: number;
  /** Until when the writes that were sent away have booked the permits to come. */
  bookedUntil: number;
  /** Nobody gets a permit before. */
  closedUntil: number;
}

const MINUTE_MS = 60_000;
/** What a write may still be under way after its worker has given it up, and what two clocks may differ in a minute. */
const GUARD_MS = 250;
/** How long a write is under way at the longest, as long as its worker has not told. */
const UNDER_WAY_MS = 10_000;
/** After a pause so many may go at once as would have gone in this time: a worker that asks late loses nothing. */
const CATCH_UP_MS = 3_000;

/**
 * Counts permits. One counts from when it is given out until a minute after its write has reached the platform, which
 * its worker tells (`settle`), or after the last moment at which it could have been used. There are never more than the
 * limit, so no minute of the platform's holds more. Beside that they are given out evenly, so that nobody takes a whole
 * minute's at once.
 */
export class Pace {
  private readonly state: PaceState;

  constructor(carried: PaceState = { grants: [], due: 0, bookedUntil: 0, closedUntil: 0 }) {
    this.state = { ...carried, grants: carried.grants.map((grant) => ({ ...grant })) };
  }

  /** Takes over from a pace that kept no count: waits until nothing that it gave out can count. */
  static after({ due, validMs, bookedUntil }: SpacedPaceState): Pace {
    return new Pace({ grants: [], due: 0, bookedUntil, closedUntil: goesAt({ until: due + validMs }) });
  }

  take(order: PermitOrder, now: number): PermitGrant {
    const { id = '', count, agentsPerMinute, validMs, deferred = 0, throttledMs = 0, settled = [] } = order;
    const { state } = this;
    const spacingMs = (MINUTE_MS + GUARD_MS) / agentsPerMinute;
    for (const one of settled) this.settle(one, spacingMs);
    this.forget(now);
    if (throttledMs > 0) state.closedUntil = Math.max(state.closedUntil, now + throttledMs);

    const burst = burstOf(agentsPerMinute);
    state.due = Math.max(state.due, now - (burst - 1) * spacingMs, state.closedUntil);
    // Both times are far from zero, and their difference is not exact: what is due to a millionth is due.
    const due = Math.max(Math.floor((now - state.due) / spacingMs + 1e-6) + 1, 0);
    const room = Math.max(agentsPerMinute - this.counted(), 0);
    const granted = Math.min(count, due, room);
    state.due += granted * spacingMs;
    if (granted > 0) state.grants.push({ id, count: granted, at: now, until: now + validMs + UNDER_WAY_MS });

    const nextAt = Math.max(state.due, granted === room ? this.firstToGo() : 0);
    state.bookedUntil = Math.max(state.bookedUntil, nextAt) + Math.max(deferred - granted, 0) * spacingMs;
    return {
      granted,
      validMs,
      retryAfterMs: granted === count ? 0 : Math.max(Math.ceil(nextAt - now), 1),
      backlogMs: Math.ceil(Math.max(state.bookedUntil - now, 0)),
      spacingMs,
    };
  }

  /** Nothing that was given out or closed still matters. */
  isAtRest(now: number): boolean {
    this.forget(now);
    return this.state.grants.length === 0 && this.state.closedUntil <= now;
  }

  carry(): PaceState {
    return new Pace(this.state).state;
  }

  /** Says what became of a grant. Said twice it changes nothing; what is not used goes to somebody else. */
  private settle({ id, used, withinMs }: SettledGrant, spacingMs: number): void {
    for (const grant of this.state.grants) {
      if (grant.id !== id) continue;
      const returned = Math.max(grant.count - used, 0);
      grant.count -= returned;
      grant.until = grant.at + withinMs;
      this.state.due -= returned * spacingMs;
    }
  }

  private forget(now: number): void {
    this.state.grants = this.state.grants.filter((grant) => grant.count > 0 && goesAt(grant) > now);
  }

  private counted(): number {
    return this.state.grants.reduce((sum, { count }) => sum + count, 0);
  }

  /** When the next of those that count will not count any more. */
  private firstToGo(): number {
    return Math.min(...this.state.grants.map(goesAt));
  }
}

function goesAt({ until }: Pick<CountedGrant, 'until'>): number {
  return until + MINUTE_MS + GUARD_MS;
}

function burstOf(agentsPerMinute: number): number {
  return Math.min(agentsPerMinute, Math.max(2, Math.floor((agentsPerMinute * CATCH_UP_MS) / MINUTE_MS)));
}
