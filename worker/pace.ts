import type { Logger } from '@temporalio/common';
import type { Pace, Turn } from '../activities/pace.ts';
import type { PermitGrant, PermitOrder } from '../workflows/tenant-pace.messages.ts';
import { GrantedPermits } from './granted-permits.ts';

/** Gets permits for a tenant from Temporal. Throws if there is no answer in time. */
export type AcquirePermits = (order: PermitOrder) => Promise<PermitGrant>;

export interface PaceOptions {
  agentsPerMinute: number;
  acquire: AcquirePermits;
  logger: Logger;
  /** Milliseconds that never go back. */
  monotonicNow?: () => number;
}

/** One tenant's pace in this process; `throttled` is for the platform's client. */
export interface TenantPace extends Pace {
  /** The platform has answered 429: no worker sends a PATCH for so long. */
  throttled(ms: number): void;
}

/** After an order that was not answered. */
const RETRY_MS = 500;
/** Writes that meet such an outage stay away for so long: each time they come back they read the agent again. */
const OUTAGE_MS = 5_000;
/** What is known of the queue is good enough for so long. */
const FRESH_MS = 1_000;
const SHORTEST_ABSENCE_MS = 250;
/** Who is told when to come back waits for that no longer than for an order that is under way and the next. */
const LONGEST_LEAVE_MS = 5_000;
/** Between two orders, so that permits and those who are sent away gather: each order costs a task. */
const GATHER_MS = 500;

/** What a permit is good for: longer than an order waits for its answer. What is not used is given back after that. */
const VALID_MS = 3_000;

interface Waiter {
  answer(turn: Turn): void;
  /** Says when to come back: before its turn, as early as leaves half of its patience for it. */
  sendAway(turnMs: number): void;
}

/**
 * A pool of permits. One order is under way at a time, for as many as are waiting. Who does not get one in time is sent
 * away until about its turn, so that nobody waits here who could as well wait in Temporal. The pace says when that is: no
 * two of them have the same turn, wherever they were sent away, and there is none that nobody comes back for.
 */
export function createPace(options: PaceOptions): TenantPace {
  const { agentsPerMinute, acquire, logger } = options;
  const now = options.monotonicNow ?? (() => performance.now());
  const permits = new GrantedPermits(now);
  const waiters: Waiter[] = [];
  /** Those who will be sent away with the next answer. */
  let leavers: Waiter[] = [];
  let expected = 0;
  let throttledUntil = 0;
  let ordering: Promise<void> | undefined;
  /** When the last order was sent, and when the next one is to be, if somebody waits then. */
  let sentAt = -Infinity;
  let orderAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let spacingMs = 60_000 / agentsPerMinute;
  /** The end of the queue, as far as is known here, and when that was learnt. */
  let queueEndsAt = 0;
  let learntAt = -Infinity;

  function serve(): void {
    while (waiters.length > 0) {
      const permit = permits.hand();
      if (permit === undefined) break;
      waiters.shift()?.answer(permit);
    }
  }

  function pump(): void {
    serve();
    if (ordering !== undefined) return;
    const isIdle = waiters.length + expected === 0 && throttledUntil <= now();
    if (isIdle && leavers.length === 0) return;
    clearTimeout(timer);
    const at = leavers.length === 0 ? orderAt : Math.min(orderAt, sentAt + GATHER_MS);
    const delayMs = at - now();
    if (delayMs <= 0) void order();
    else timer = setTimeout(pump, delayMs).unref();
  }

  function order(): Promise<void> {
    ordering ??= sendOrder().finally(() => {
      ordering = undefined;
      pump();
    });
    return ordering;
  }

  async function sendOrder(): Promise<void> {
    const startedAt = now();
    sentAt = startedAt;
    const id = permits.nextId();
    const settled = permits.tell();
    const throttledMs = Math.max(Math.ceil(throttledUntil - startedAt), 0);
    const leaving = leavers;
    const deferred = leaving.length;
    const count = deferred + waiters.length + expected;
    leavers = [];
    expected = 0;
    throttledUntil = 0;
    try {
      const order = { id, count, agentsPerMinute, validMs: VALID_MS, deferred, throttledMs, settled };
      const grant = await acquire(order);
      permits.receive(id, startedAt, grant);
      learntAt = now();
      spacingMs = grant.spacingMs;
      orderAt = grant.retryAfterMs === 0 ? learntAt : Math.max(learntAt + grant.retryAfterMs, startedAt + GATHER_MS);
      queueEndsAt = learntAt + grant.backlogMs;
      // Some have given up waiting meanwhile, but they have a turn.
      for (const waiter of leaving.splice(0, grant.granted)) {
        const permit = permits.hand();
        if (permit === undefined) waiter.sendAway(queueMs());
        else waiter.answer(permit);
      }
      const left = leaving.length;
      for (const [index, waiter] of leaving.entries()) {
        waiter.sendAway(grant.backlogMs - (left - index) * spacingMs - (learntAt - startedAt));
      }
    } catch (error) {
      logger.warn('no answer about the pace of writes; nothing is written without one', { error });
      permits.missed(id);
      permits.untell(settled);
      throttledUntil = Math.max(throttledUntil, startedAt + throttledMs);
      orderAt = now() + RETRY_MS;
      queueEndsAt = Math.max(queueEndsAt, now() + OUTAGE_MS);
      for (const waiter of leaving) waiter.sendAway(queueMs());
    }
  }

  /** Those who were sent away, here or elsewhere, and those who wait here. */
  function queueMs(): number {
    return Math.max(queueEndsAt - now(), 0) + waiters.length * spacingMs;
  }

  return {
    expect() {
      // In a queue the permits are taken by those who wait.
      if (waiters.length > 0 || queueEndsAt > now()) return;
      expected += 1;
      pump();
    },
    async take(waitMs, signal, leaveMs = LONGEST_LEAVE_MS) {
      if (signal.aborted) return away(queueMs(), waitMs);
      return new Promise((resolve) => {
        const waiter: Waiter = {
          answer(turn) {
            clearTimeout(patience);
            signal.removeEventListener('abort', stop);
            resolve(turn);
          },
          sendAway(turnMs) {
            waiter.answer(away(turnMs, waitMs));
          },
        };
        const stop = (): void => {
          remove(waiters, waiter);
          remove(leavers, waiter);
          waiter.sendAway(queueMs());
        };
        const leave = (): void => {
          remove(waiters, waiter);
          leavers.push(waiter);
          patience = setTimeout(stop, Math.min(leaveMs, LONGEST_LEAVE_MS));
          pump();
        };
        let patience = setTimeout(leave, waitMs);
        signal.addEventListener('abort', stop, { once: true });
        const isHopeless = queueEndsAt > now() && waiters.length * spacingMs > waitMs;
        if (isHopeless) {
          clearTimeout(patience);
          leave();
          return;
        }
        waiters.push(waiter);
        pump();
      });
    },
    async backlogMs() {
      if (now() - learntAt > FRESH_MS) await order();
      return queueMs();
    },
    throttled(ms) {
      throttledUntil = Math.max(throttledUntil, now() + ms);
      orderAt = Math.min(orderAt, now());
      pump();
    },
  };
}

function away(turnMs: number, waitMs: number): Turn {
  return { kind: 'sent-away', retryAfterMs: Math.max(Math.ceil(turnMs - waitMs / 2), SHORTEST_ABSENCE_MS) };
}

function remove<T>(list: T[], one: T): boolean {
  const index = list.indexOf(one);
  if (index >= 0) list.splice(index, 1);
  return index >= 0;
}
