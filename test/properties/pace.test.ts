import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Pace } from '../../workflows/pace.ts';

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

const order = fc.record({
  afterMs: fc.oneof(fc.nat(500), fc.nat(90_000)),
  count: fc.nat(600),
  validMs: fc.constantFrom(750, 1_500, 3_000, 6_000),
  deferred: fc.nat(5),
  /** When each permit is used, as a share of the time it is good for. */
  usedAt: fc.double({ min: 0, max: 0.999, noNaN: true }),
  runEnds: fc.boolean(),
});

test('no minute sees more writes than the limit, however late in its time a permit is used', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.array(order, { maxLength: 60 }), (agentsPerMinute, orders) => {
      let pace = new Pace();
      let now = START;
      const uses: number[] = [];
      for (const { afterMs, count, validMs, deferred, usedAt, runEnds } of orders) {
        now += afterMs;
        const grant = pace.take({ count, agentsPerMinute, validMs, deferred }, now);
        assert.ok(grant.granted <= count);
        uses.push(...Array.from({ length: grant.granted }, () => now + usedAt * grant.validMs));
        if (runEnds) pace = new Pace(JSON.parse(JSON.stringify(pace.carry())) as ReturnType<Pace['carry']>);
      }
      assert.ok(busiestMinute(uses) <= agentsPerMinute, `${busiestMinute(uses)} of ${agentsPerMinute}`);
    }),
    { numRuns: 2_000 },
  );
});

test('whoever asks again when told to gets at least 95 % of a limit of 240 or 500', () => {
  for (const agentsPerMinute of [240, 500]) {
    const pace = new Pace();
    let now = START;
    const uses: number[] = [];
    while (now < START + 10 * MINUTE) {
      const { granted, retryAfterMs } = pace.take({ count: 50, agentsPerMinute, validMs: 750 }, now);
      uses.push(...Array.from({ length: granted }, () => now));
      // The answer takes a moment, and so does the next order.
      now += retryAfterMs + 40;
    }
    for (let from = START; from + MINUTE <= START + 10 * MINUTE; from += 1_000) {
      const inMinute = uses.filter((use) => use >= from && use < from + MINUTE).length;
      assert.ok(inMinute >= 0.95 * agentsPerMinute, `${inMinute} of ${agentsPerMinute}`);
    }
  }
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
  const { spacingMs } = pace.take({ ...order, count: 60, deferred: 10 }, START);
  const { backlogMs } = pace.take({ ...order, count: 0 }, START);
  assert.ok(backlogMs >= 9 * spacingMs && backlogMs <= 12 * spacingMs, `${backlogMs}`);
});
