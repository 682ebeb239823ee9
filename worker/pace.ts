import type { Logger } from '@temporalio/common';
import type { Pace, Turn } from '../activities/pace.ts';
import type { PermitGrant, PermitOrder } from '../workflows/tenant-pace.messages.ts';

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
/** Whoever was sent away is back a little before its turn, and waits for the rest here. */
const EARLY_MS = 1_000;
const SHORTEST_ABSENCE_MS = 250;

/** What a permit may be good for: the less, the less of the limit is lost. It has to outlast the answer's way here. */
const VALIDITIES_MS = [750, 1_500, 3_000, 6_000] as const;
/** How much of a slow answer still counts after the next one. */
const MEMORY = 0.8;

interface Waiter {
  answer(turn: Turn): void;
}

/**
 * A pool of permits. One order is under way at a time, for as many as are waiting. Who does not get one in time is sent
 * away until about its turn, so that nobody waits here who could as well wait in Temporal.
 */
export function createPace(options: PaceOptions): TenantPace {
  const { agentsPerMinute, acquire, logger } = options;
  const now = options.monotonicNow ?? (() => performance.now());
  const waiters: Waiter[] = [];
  let permits: number[] = [];
  let expected = 0;
  let deferred = 0;
  let throttledUntil = 0;
  let ordering: Promise<void> | undefined;
  let orderAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let spacingMs = 60_000 / agentsPerMinute;
  let answerMs = 0;
  /** The end of the queue, as far as is known here, and when that was learnt. */
  let queueEndsAt = 0;
  let learntAt = -Infinity;

  function serve(): void {
    permits = permits.filter((validUntil) => validUntil > now());
    while (waiters.length > 0) {
      const validUntil = permits.shift();
      if (validUntil === undefined) break;
      waiters.shift()?.answer({ kind: 'permit', isValid: () => now() < validUntil });
    }
  }

  function pump(): void {
    serve();
    const wanted = waiters.length + expected;
    if (ordering !== undefined || (wanted === 0 && throttledUntil <= now())) return;
    clearTimeout(timer);
    const delayMs = orderAt - now();
    if (delayMs <= 0) void order(wanted);
    else timer = setTimeout(pump, delayMs).unref();
  }

  function order(count: number): Promise<void> {
    ordering ??= sendOrder(count).finally(() => {
      ordering = undefined;
      pump();
    });
    return ordering;
  }

  async function sendOrder(count: number): Promise<void> {
    const sentAt = now();
    const validMs = VALIDITIES_MS.find((ms) => ms >= 2 * answerMs) ?? VALIDITIES_MS[3];
    const told = { deferred, throttledMs: Math.max(Math.ceil(throttledUntil - sentAt), 0) };
    expected = 0;
    deferred = 0;
    throttledUntil = 0;
    try {
      const grant = await acquire({ count, agentsPerMinute, validMs, ...told });
      permits.push(...Array.from({ length: grant.granted }, () => sentAt + grant.validMs));
      learntAt = now();
      spacingMs = grant.spacingMs;
      orderAt = learntAt + grant.retryAfterMs;
      queueEndsAt = learntAt + grant.backlogMs + deferred * spacingMs;
    } catch (error) {
      logger.warn('no answer about the pace of writes; nothing is written without one', { error });
      deferred += told.deferred;
      throttledUntil = Math.max(throttledUntil, sentAt + told.throttledMs);
      orderAt = now() + RETRY_MS;
      queueEndsAt = Math.max(queueEndsAt, now() + OUTAGE_MS);
    }
    answerMs = Math.max(now() - sentAt, answerMs * MEMORY);
  }

  /** Those who were sent away, here or elsewhere, and those who wait here. */
  function queueMs(): number {
    return Math.max(queueEndsAt - now(), 0) + waiters.length * spacingMs;
  }

  function sendAway(): Turn {
    const retryAfterMs = Math.max(Math.ceil(queueMs() - EARLY_MS), SHORTEST_ABSENCE_MS);
    deferred += 1;
    queueEndsAt = Math.max(queueEndsAt, now()) + spacingMs;
    return { kind: 'sent-away', retryAfterMs };
  }

  return {
    expect() {
      // In a queue the permits are taken by those who wait.
      if (waiters.length > 0 || queueEndsAt > now()) return;
      expected += 1;
      pump();
    },
    async take(waitMs, signal) {
      const isHopeless = queueEndsAt > now() && waiters.length * spacingMs > waitMs;
      if (signal.aborted || isHopeless) return sendAway();
      return new Promise((resolve) => {
        const waiter: Waiter = {
          answer(turn) {
            clearTimeout(patience);
            signal.removeEventListener('abort', giveUp);
            resolve(turn);
          },
        };
        const giveUp = (): void => {
          waiters.splice(waiters.indexOf(waiter), 1);
          waiter.answer(sendAway());
        };
        const patience = setTimeout(giveUp, waitMs);
        signal.addEventListener('abort', giveUp, { once: true });
        waiters.push(waiter);
        pump();
      });
    },
    async backlogMs() {
      if (now() - learntAt > FRESH_MS) await order(0);
      return queueMs();
    },
    throttled(ms) {
      throttledUntil = Math.max(throttledUntil, now() + ms);
      orderAt = Math.min(orderAt, now());
      pump();
    },
  };
}
