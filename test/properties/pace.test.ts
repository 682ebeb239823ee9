import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Pace, type PaceState } from '../../workflows/pace.ts';
import { SpacedPace } from '../../workflows/spaced-pace.ts';
import type { SettledGrant } from '../../workflows/tenant-pace.messages.ts';

const MINUTE = 60_000;
const START = 1_700_000_000_000;

/** The most uses in any window of a minute. */
function busiestMinute(uses: readonly number[]): number {
  const sorted = [...uses].sort((one, other) => one - other);
  let first = 0;
  let most = 0;
  for (const [index, use] of sorted.entries()) {
    while (use - (sorted[first] ?? 0) >= MINUTE) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

const limit = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 500 }));
const VALIDITIES = [750, 3_000, 6_000];

const order = fc.record({
  afterMs: fc.oneof(fc.nat(500), fc.nat(5_000), fc.integer({ min: 55_000, max: 75_000 })),
  count: fc.nat(600),
  validMs: fc.constantFrom(...VALIDITIES),
  deferred: fc.nat(5),
  /** Since the worker sent it. */
  underWayMs: fc.nat(700),
  /** How many of its permits are used, when, and how much later the platform has answered; shares and milliseconds. */
  used: fc.double({ min: 0, max: 1, noNaN: true }),
  usedAt: fc.double({ min: 0, max: 0.999, noNaN: true }),
  takesMs: fc.oneof(fc.nat(250), fc.nat(10_000)),
  /** By how many orders later its worker says what became of it; 0 = never. */
  toldAfter: fc.nat(4),
  toldTwice: fc.boolean(),
  runEnds: fc.boolean(),
});

/** Sends the orders one after another; returns when each write reached the platform, as late as it can. */
function arrivals(
  agentsPerMinute: number,
  orders: readonly (typeof order extends fc.Arbitrary<infer T> ? T : never)[],
): number[] {
  let pace = new Pace();
  let now = START;
  const arrived: number[] = [];
  const toTell: { at: number; turn: number; settled: SettledGrant }[] = [];
  for (const [index, given] of orders.entries()) {
    now += given.afterMs;
    const id = `worker.${index}`;
    const told = toTell.filter(({ at, turn }) => at <= now && turn <= index);
    const settled = told.map((one) => one.settled);
    for (const one of told) toTell.splice(toTell.indexOf(one), 1);
    const { count, validMs, deferred, toldAfter } = given;
    const sentAt = now - given.underWayMs;
    const grant = pace.take({ id, count, agentsPerMinute, validMs, deferred, settled }, now);
    assert.ok(grant.granted <= count);
    // A permit that comes too late is not used; who never tells is dead, and used what it had.
    const usedAt = Math.max(now, sentAt + given.usedAt * grant.validMs);
    const isInTime = usedAt < sentAt + grant.validMs;
    const used = isInTime ? Math.ceil(given.used * grant.granted) : 0;
    const over = usedAt + given.takesMs;
    arrived.push(...Array.from({ length: used }, () => over));
    if (grant.granted > 0 && toldAfter > 0) {
      const withinMs = used === 0 ? 0 : Math.ceil(over - sentAt);
      toTell.push({ at: over, turn: index + toldAfter, settled: { id, used, withinMs } });
      if (given.toldTwice) toTell.push({ at: over, turn: index + toldAfter + 1, settled: { id, used, withinMs } });
    }
    if (given.runEnds) pace = new Pace(JSON.parse(JSON.stringify(pace.carry())) as PaceState);
  }
  return arrived;
}

test('no minute sees more writes than the limit, however late, lost or unused permits and news of them are', () => {
  fc.assert(
    fc.property(limit, fc.array(order, { maxLength: 60 }), (agentsPerMinute, orders) => {
      const most = busiestMinute(arrivals(agentsPerMinute, orders));
      assert.ok(most <= agentsPerMinute, `${most} of ${agentsPerMinute}`);
    }),
    { numRuns: 3_000 },
  );
});

test('after a 429 nobody gets a permit until its time is over, whoever met it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 1, max: 3_600_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (agentsPerMinute, throttledMs, share) => {
        const pace = new Pace();
        pace.take({ count: 0, agentsPerMinute, validMs: 750, throttledMs }, START);
        const before = pace.take(
          { count: 1, agentsPerMinute, validMs: 750 },
          START + Math.floor(share * (throttledMs - 1)),
        );
        assert.equal(before.granted, 0);
        const after = pace.take({ count: 1, agentsPerMinute, validMs: 750 }, START + throttledMs + 1);
        assert.equal(after.granted, 1);
      },
    ),
  );
});

test('who is sent away is counted as part of the queue', () => {
  const pace = new Pace();
  const order = { agentsPerMinute: 60, validMs: 750 };
  assert.equal(pace.take({ ...order, count: 0 }, START).backlogMs, 0);
  const { spacingMs, granted } = pace.take({ ...order, count: 13, deferred: 13 }, START);
  assert.equal(granted, 3);
  const { backlogMs } = pace.take({ ...order, count: 0 }, START);
  assert.ok(backlogMs >= 9 * spacingMs && backlogMs <= 12 * spacingMs, `${backlogMs}`);
});

test('what was not used goes to somebody else, and is given back once', () => {
  const pace = new Pace();
  const order = { agentsPerMinute: 2, validMs: 3_000 };
  assert.equal(pace.take({ ...order, id: 'one', count: 2 }, START).granted, 2);
  const settled = [{ id: 'one', used: 0, withinMs: 0 }];
  assert.equal(pace.take({ ...order, id: 'two', count: 5, settled }, START + 1).granted, 2);
  assert.equal(pace.take({ ...order, id: 'three', count: 5, settled }, START + 2).granted, 0);
});

test('a pace that takes over from one that kept no count gives nothing out until all of that is out of the minute', () => {
  const before = new SpacedPace();
  const order = { agentsPerMinute: 60, validMs: 750 };
  before.take({ ...order, count: 2 }, START);
  const pace = Pace.after(before.carry());
  assert.equal(pace.take({ ...order, count: 1 }, START + MINUTE).granted, 0);
  assert.equal(pace.take({ ...order, count: 1 }, START + MINUTE + 4_000).granted, 1);
});
