import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nearBoundary, sorted } from '../../shifts/boundaries.ts';

const MARGIN = { beforeMs: 30, afterMs: 20 };

test('a transition may start until the margin before a boundary begins, and again when that after it is over', () => {
  const may = (now: number): boolean => nearBoundary([100], now, MARGIN) === undefined;
  assert.deepEqual([0, 70, 71, 100, 119, 120, 500].map(may), [true, true, false, false, false, true, true]);
});

test('the wait is over when the margin after the boundary is', () => {
  assert.deepEqual(nearBoundary([100], 90, MARGIN), { boundaryMs: 100, clearAtMs: 120 });
});

test('boundaries that follow each other closely are one wait, named by the first', () => {
  assert.deepEqual(nearBoundary([100, 140, 300], 90, MARGIN), { boundaryMs: 100, clearAtMs: 160 });
  assert.deepEqual(nearBoundary([100, 150], 90, MARGIN), { boundaryMs: 100, clearAtMs: 120 });
});

test('a boundary long gone or far ahead keeps nobody', () => {
  assert.equal(nearBoundary([0, 1_000], 500, MARGIN), undefined);
  assert.equal(nearBoundary([], 500, MARGIN), undefined);
});

test('after the wait every boundary is clear, and at each moment of it one was too near', () => {
  const time = fc.integer({ min: 0, max: 1_000 });
  fc.assert(
    fc.property(fc.array(time), time, (times, now) => {
      const boundaries = sorted(times);
      const clear = (at: number): boolean =>
        boundaries.every((one) => at <= one - MARGIN.beforeMs || at >= one + MARGIN.afterMs);
      const near = nearBoundary(boundaries, now, MARGIN);
      assert.equal(near === undefined, clear(now));
      if (near === undefined) return;
      assert.ok(clear(near.clearAtMs));
      for (let at = now; at < near.clearAtMs; at += 1) assert.ok(!clear(at), `${at}`);
    }),
  );
});
