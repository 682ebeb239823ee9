import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { test, type TestContext } from 'node:test';
import { DefaultLogger } from '@temporalio/worker';
import { createPace, type TenantPace } from '../../worker/pace.ts';
import { Pace } from '../../workflows/pace.ts';

const MINUTE = 60_000;
const START = 1_700_000_000_000;
const NEVER = new AbortController().signal;
// Every waiting write listens.
setMaxListeners(0, NEVER);
/** How the bulks of `activities/bulk.ts` hold back. */
const LONGEST_QUEUE_MS = 10_000;

interface Centre {
  agentsPerMinute: number;
  workers: number;
  /** How long an order is on its way, there or back. */
  wayMs: number;
  /** Nobody answers orders in these, from and to, milliseconds from the start. */
  outages?: readonly (readonly [number, number])[];
  /** How long a PATCH takes. */
  patchMs: () => number;
  minutes: number;
}

/** The workers' own pools before the pace of the workflow, in virtual time. Returns when each PATCH arrived. */
async function run(t: TestContext, centre: Centre): Promise<number[]> {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = START;
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  const pace = new Pace();
  const isOut = (): boolean => centre.outages?.some(([from, to]) => now >= START + from && now < START + to) === true;
  const { agentsPerMinute, wayMs } = centre;
  const logger = new DefaultLogger('ERROR', () => undefined);
  const pools = Array.from({ length: centre.workers }, () =>
    createPace({
      agentsPerMinute,
      logger,
      monotonicNow: () => now,
      async acquire(order) {
        await pause(wayMs);
        if (isOut()) {
          await pause(2_500 - wayMs);
          throw new Error('no answer');
        }
        const grant = pace.take(order, now);
        await pause(wayMs);
        return grant;
      },
    }),
  );
  const arrived: number[] = [];
  const isOver = (): boolean => now >= START + centre.minutes * MINUTE;
  let next = 0;
  const pick = (): TenantPace => pools[(next += 1) % pools.length] as TenantPace;

  async function change(): Promise<void> {
    for (;;) {
      const pool = pick();
      pool.expect();
      await pause(100);
      const turn = await pool.take(2_000, NEVER);
      if (turn.kind === 'sent-away') {
        await pause(turn.retryAfterMs);
        continue;
      }
      if (!turn.use()) continue;
      const takes = centre.patchMs();
      await pause(takes / 2);
      arrived.push(now);
      await pause(takes / 2);
      turn.done();
      return;
    }
  }
  async function bulk(): Promise<void> {
    while (!isOver()) {
      const queueMs = await pick().backlogMs();
      if (queueMs > LONGEST_QUEUE_MS) await pause(queueMs - LONGEST_QUEUE_MS / 2);
      else for (let count = 0; count < 8; count += 1) void change();
      await pause(150);
    }
  }
  for (let count = 0; count < 2; count += 1) void bulk();
  while (!isOver()) {
    await new Promise(setImmediate);
    now += 10;
    t.mock.timers.tick(10);
  }
  return arrived.sort((one, other) => one - other);
}

function busiestMinute(times: readonly number[]): number {
  let first = 0;
  let most = 0;
  for (const [index, time] of times.entries()) {
    while (time - (times[first] ?? 0) >= MINUTE) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

function judge(t: TestContext, times: readonly number[], { agentsPerMinute }: Centre): number {
  const worked = (times.at(-1) ?? 0) - (times[0] ?? 0);
  const used = ((times.length - 1) * MINUTE) / worked / agentsPerMinute;
  t.diagnostic(`${times.length} writes in ${worked} ms, ${busiestMinute(times)} in the busiest minute, ${used} used`);
  assert.ok(busiestMinute(times) <= agentsPerMinute);
  return used;
}

const QUICK = { patchMs: () => 60 + 100 * Math.random(), wayMs: 20 };

for (const agentsPerMinute of [60, 240, 500]) {
  for (const workers of [1, 4]) {
    test(`${workers} workers with enough to do use 97 % of ${agentsPerMinute} a minute`, async (t) => {
      const centre = { ...QUICK, agentsPerMinute, workers, minutes: 5 };
      const used = judge(t, await run(t, centre), centre);
      assert.ok(used >= 0.97, `${used}`);
    });
  }
}

test('answers that take a second and PATCHes that take two cost less than 5 %', async (t) => {
  const centre = { agentsPerMinute: 240, workers: 2, wayMs: 500, patchMs: () => 2_000 * Math.random(), minutes: 5 };
  const used = judge(t, await run(t, centre), centre);
  assert.ok(used >= 0.95, `${used}`);
});

test('answers that take two seconds, as on a machine that is overloaded, cost less than 20 %', async (t) => {
  const centre = { agentsPerMinute: 240, workers: 2, wayMs: 1_000, patchMs: () => 2_000 * Math.random(), minutes: 5 };
  const used = judge(t, await run(t, centre), centre);
  assert.ok(used >= 0.8, `${used}`);
});

test('an outage of the pace of two seconds costs no permit', async (t) => {
  const outages = [1, 2, 3, 4].map((minute) => [minute * 50_000, minute * 50_000 + 2_000] as const);
  const centre = { ...QUICK, agentsPerMinute: 240, workers: 2, outages, minutes: 5 };
  const used = judge(t, await run(t, centre), centre);
  assert.ok(used >= 0.97, `${used}`);
});
