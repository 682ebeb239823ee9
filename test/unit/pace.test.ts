import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DefaultLogger } from '@temporalio/worker';
import { createPace, type AcquirePermits, type TenantPace } from '../../worker/pace.ts';
import { Pace } from '../../workflows/pace.ts';
import type { PermitOrder } from '../../workflows/tenant-pace.messages.ts';

const NEVER = new AbortController().signal;

/** A pool before the pace as the workflow has it; notes what was ordered. */
function poolOf(agentsPerMinute: number, acquire?: AcquirePermits): { pool: TenantPace; orders: PermitOrder[] } {
  const pace = new Pace();
  const orders: PermitOrder[] = [];
  const pool = createPace({
    agentsPerMinute,
    logger: new DefaultLogger('ERROR'),
    async acquire(order) {
      orders.push(order);
      return acquire === undefined ? pace.take(order, Date.now()) : acquire(order);
    },
  });
  return { pool, orders };
}

test('those who wait together are served by one order', async () => {
  const { pool, orders } = poolOf(500);
  const turns = await Promise.all([1, 2, 3, 4].map(() => pool.take(5_000, NEVER)));
  assert.ok(turns.every((turn) => turn.kind === 'permit' && turn.use()));
  assert.deepEqual(
    orders.map(({ count }) => count),
    [1, 3],
  );
});

test('a permit that was expected is there when it is asked for', async () => {
  const { pool, orders } = poolOf(500);
  pool.expect();
  await new Promise(setImmediate);
  const turn = await pool.take(0, NEVER);
  assert.equal(turn.kind, 'permit');
  assert.equal(orders.length, 1);
});

test('who would wait too long is sent away until about its turn, and is part of the queue', async () => {
  const { pool, orders } = poolOf(2);
  const turns = await Promise.all([1, 2, 3, 4].map(() => pool.take(700, NEVER)));
  const away = turns.flatMap((turn) => (turn.kind === 'sent-away' ? [turn.retryAfterMs] : []));
  assert.equal(away.length, 2);
  assert.ok(
    away.every((ms) => ms > 55_000 && ms < 130_000),
    away.join(),
  );
  const [first = 0, second = 0] = away;
  assert.ok(second - first > 29_000, 'they have the same turn');
  assert.ok((await pool.backlogMs()) > 130_000);
  assert.ok(orders.every(({ agentsPerMinute }) => agentsPerMinute === 2));
});

test('a 429 is passed on at once, also when nobody waits', async () => {
  const { pool, orders } = poolOf(500);
  pool.throttled(30_000);
  await new Promise(setImmediate);
  const [order] = orders;
  assert.equal(order?.count, 0);
  assert.ok((order.throttledMs ?? 0) > 29_000);
  const turn = await pool.take(50, NEVER);
  assert.ok(turn.kind === 'sent-away' && turn.retryAfterMs > 25_000);
});

test('without an answer nobody gets a permit, and a 429 is told again', async () => {
  const { pool, orders } = poolOf(500, () => Promise.reject(new Error('no answer')));
  pool.throttled(60_000);
  assert.equal((await pool.take(700, NEVER)).kind, 'sent-away');
  assert.ok(orders.length >= 2);
  assert.ok(orders.every(({ throttledMs = 0 }) => throttledMs > 50_000));
});

test('a permit is not good for longer than the pace says, counted from the order', async () => {
  const { pool } = poolOf(500, async () => {
    await new Promise(setImmediate);
    return { granted: 1, validMs: 0, retryAfterMs: 0, backlogMs: 0, spacingMs: 1 };
  });
  assert.equal((await pool.take(50, NEVER)).kind, 'sent-away');
});

test('who is cancelled while waiting does not take the place of another', async () => {
  const { pool } = poolOf(60);
  await Promise.all([pool.take(1_000, NEVER), pool.take(1_000, NEVER)]);
  const cancelled = new AbortController();
  const waiting = pool.take(5_000, cancelled.signal);
  const other = pool.take(5_000, NEVER);
  cancelled.abort();
  assert.equal((await waiting).kind, 'sent-away');
  assert.equal((await other).kind, 'permit');
});
