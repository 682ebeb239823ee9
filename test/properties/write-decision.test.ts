import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PatchAnswer } from '../../activities/contract.ts';
import { toMs } from '../../domain/duration.ts';
import { DEFAULT_POLICY, MAX_CONFLICTS, type Policy } from '../../domain/policy.ts';
import {
  backoffMs,
  decideAfterAnswer,
  decideAfterReading,
  NO_HISTORY,
  withoutTrouble,
  type Unsent,
  type WriteHistory,
} from '../../workflows/write-decision.ts';
import { plain } from './arbitraries.ts';
import { carryOn, type Met } from './write-story.ts';

type Answer = PatchAnswer | Unsent;

const stale = fc.constant<Answer>({ kind: 'stale' });
const locked = fc.constantFrom<Answer>({ kind: 'locked', status: 409 }, { kind: 'locked', status: 422 });
const silent = fc.constantFrom<Answer>({ kind: 'lost' }, { kind: 'unsent' });
const rateLimited: fc.Arbitrary<Answer> = fc
  .tuple(
    fc.option(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 0, max: 3_600_000 }))),
    fc.boolean(),
  )
  .map(([retryAfterMs, unsent]) => ({
    kind: 'rate-limited',
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
    ...(unsent ? { unsent } : {}),
  }));
/** After none of these is a batch done: it goes on, or a person has to look. */
const troublesome = fc.oneof(stale, locked, silent, rateLimited);

const policy: fc.Arbitrary<Policy> = plain({
  conflictLimit: fc.integer({ min: 1, max: 9 }),
  conflictWait: fc.constantFrom('1s' as const, '30s' as const, '3m' as const),
  lockWait: fc.constantFrom('1s' as const, '30s' as const),
  lockLimit: fc.constantFrom('10s' as const, '150s' as const),
  outageLimit: fc.constantFrom('20s' as const, '30m' as const),
}).map((overrides) => ({ ...DEFAULT_POLICY, ...overrides }));

/** A history that some answers can lead to, at the time they lead to it. */
const reached: fc.Arbitrary<{ policy: Policy; met: Met[]; history: WriteHistory; now: number }> = fc
  .tuple(policy, fc.array(troublesome, { maxLength: 12 }))
  .map(([given, answers]) => {
    const { met, history, now } = carryOn(answers, given);
    return { policy: given, met, history, now };
  });

test('however the platform answers, a write ends: done, refused, or with a person', () => {
  fc.assert(
    fc.property(policy, fc.array(troublesome, { minLength: 1, maxLength: 8 }), (given, pattern) => {
      const answers = Array.from({ length: 20_000 }, (_, index) => pattern[index % pattern.length] ?? stalest);
      const { end } = carryOn(answers, given);
      assert.ok(end !== undefined, `it went on after ${answers.length} answers`);
    }),
  );
});

test('the fifth conflict in a row is the last: a lost answer does not end the row, any other does', () => {
  fc.assert(
    fc.property(policy, fc.array(fc.oneof({ weight: 4, arbitrary: stale }, troublesome)), (given, answers) => {
      const { met, end } = carryOn(answers, given);
      let row = 0;
      for (const [index, { answer }] of met.entries()) {
        if (answer.kind === 'stale') row += 1;
        else if (wasAnswered(answer)) row = 0;
        const isLast = row >= Math.min(given.conflictLimit, MAX_CONFLICTS);
        assert.equal(end?.reason === 'conflict-limit' && index === met.length - 1, isLast);
      }
    }),
  );
});

test('a 412 costs the full wait, but for the last one, after which a person looks', () => {
  fc.assert(
    fc.property(reached, ({ policy: given, history, now }) => {
      const { step, history: next, keepAttempt } = decideAfterAnswer({ kind: 'stale' }, false, history, given, now);
      const isLast = history.conflictsInARow + 1 >= Math.min(given.conflictLimit, MAX_CONFLICTS);
      const wait = { kind: 'wait', ms: toMs(given.conflictWait), waitingFor: 'conflict' };
      assert.deepEqual(step, isLast ? { kind: 'read-again' } : wait);
      assert.equal(keepAttempt, false);
      const { conflict, park, history: judged } = decideAfterReading(false, next, given, now);
      assert.equal(conflict, true);
      assert.equal(park?.reason, isLast ? 'conflict-limit' : undefined);
      if (isLast) assert.match(park?.message ?? '', new RegExp(`: ${history.conflictsInARow + 1} conflicts`));
      assert.equal(decideAfterReading(false, judged, given, now).conflict, false, 'it is counted once');
    }),
  );
});

test('a wish that turns out to be true is no conflict and needs no person, whatever was answered', () => {
  fc.assert(
    fc.property(reached, troublesome, ({ policy: given, history, now }, answer) => {
      const after = decideAfterAnswer(answer, false, history, given, now).history;
      const { conflict, park, history: judged } = decideAfterReading(true, after, given, now);
      assert.deepEqual({ conflict, park }, { conflict: false, park: undefined });
      const mismatched = decideAfterAnswer({ kind: 'answered', skills: [] }, false, history, given, now).history;
      assert.equal(decideAfterReading(true, mismatched, given, now).history.mismatched, false);
      assert.deepEqual(judged, { ...after, staleUnjudged: false, mismatched: false });
    }),
  );
});

test('a lock is waited for until its time since the first refusal is over, not longer', () => {
  fc.assert(
    fc.property(policy, fc.array(fc.oneof({ weight: 3, arbitrary: locked }, troublesome)), (given, answers) => {
      const { met, end } = carryOn(answers, given);
      const first = met.find(({ answer }) => answer.kind === 'locked');
      const last = met.at(-1);
      if (first === undefined || last === undefined) return;
      const limit = toMs(given.lockLimit);
      for (const { answer, at, step } of met) {
        if (answer.kind !== 'locked') continue;
        const isOver: boolean = at - first.at >= limit;
        assert.equal(step.kind, isOver ? 'park' : 'wait');
        if (step.kind === 'wait')
          assert.deepEqual(step, { kind: 'wait', ms: toMs(given.lockWait), waitingFor: 'lock' });
      }
      if (end?.reason === 'lock-timeout') {
        assert.equal(last.answer.kind, 'locked', 'it parks for a lock only while there is one');
        assert.ok(end.at - first.at >= limit);
        assert.ok(end.message.includes(given.lockLimit));
      }
    }),
  );
});

test('once the time for a lock is over nothing more is tried, unless a contact lay between', () => {
  fc.assert(
    fc.property(reached, fc.integer({ min: 0, max: 400_000 }), ({ policy: given, history, now }, later) => {
      const answer: Answer = { kind: 'locked', status: 409 };
      const { history: next, step, keepAttempt } = decideAfterAnswer(answer, false, history, given, now);
      assert.equal(keepAttempt, false);
      if (step.kind === 'park') return;
      const at = now + later;
      const isOver = at - (history.lockedSince ?? now) >= toMs(given.lockLimit);
      assert.equal(decideAfterReading(false, next, given, at).park?.reason, isOver ? 'lock-timeout' : undefined);
      assert.equal(decideAfterReading(false, next, given, at).conflict, false);
      const spared = withoutTrouble(next);
      assert.equal(decideAfterReading(false, spared, given, at).park, undefined);
      const again = decideAfterAnswer({ kind: 'locked', status: 409 }, false, spared, given, at).step;
      assert.equal(again.kind, isOver ? 'park' : 'wait', "the lock's clock goes on over a contact");
    }),
  );
});

test('a platform that does not answer is borne for the outage limit, then a person looks', () => {
  fc.assert(
    fc.property(
      reached,
      fc.oneof(silent, rateLimited),
      fc.oneof(fc.integer({ min: 0, max: 4_000_000 }), fc.constant(null)),
      (state, answer, later) => {
        // Null: to the millisecond when its time is over.
        const limit = (state.history.troubledSince ?? state.now) + toMs(state.policy.outageLimit);
        const at = later === null ? Math.max(limit, state.now) : state.now + later;
        const { step, history, keepAttempt } = decideAfterAnswer(answer, false, state.history, state.policy, at);
        const isOver = at - (state.history.troubledSince ?? at) >= toMs(state.policy.outageLimit);
        assert.equal(step.kind === 'park', isOver);
        if (step.kind === 'park') {
          assert.equal(step.reason, 'platform-unavailable');
          assert.ok(step.message.includes(state.policy.outageLimit));
        }
        assert.equal(history.troubledSince, state.history.troubledSince ?? at);
        assert.equal(keepAttempt, true, 'the same bytes may go out again under the same key');
      },
    ),
  );
});

test('no Retry-After is shortened, and one that is too short does not make us hammer the platform', () => {
  fc.assert(
    fc.property(reached, rateLimited, ({ policy: given, history, now }, answer) => {
      const { step } = decideAfterAnswer(answer, false, history, given, now);
      if (step.kind === 'park') return;
      assert.ok(step.kind === 'wait' && step.waitingFor === 'platform');
      const asked = answer.kind === 'rate-limited' ? answer.retryAfterMs : undefined;
      if (asked !== undefined) assert.ok(step.ms >= asked);
      if (asked === undefined) assert.ok(step.ms >= 1_000 && step.ms <= 30_000);
      if (asked !== undefined && history.troubles === 0) assert.equal(step.ms, asked);
      if (asked !== undefined && history.troubles > 0) {
        assert.equal(step.ms, Math.max(asked, backoffMs(history.troubles)));
      }
    }),
  );
});

test('the first lost answer is read after at once, its repetitions wait longer each time', () => {
  fc.assert(
    fc.property(reached, silent, ({ policy: given, history, now }, answer) => {
      const { step } = decideAfterAnswer(answer, false, history, given, now);
      if (step.kind === 'park') return;
      const wait = { kind: 'wait', ms: backoffMs(history.troubles), waitingFor: 'platform' };
      assert.deepEqual(step, history.troubles === 0 ? { kind: 'read-again' } : wait);
    }),
  );
});

test('waits between repetitions begin at 1 s, double, and end at 30 s', () => {
  assert.equal(backoffMs(1), 1_000);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), (repetition) => {
      assert.equal(backoffMs(repetition + 1), Math.min(2 * backoffMs(repetition), 30_000));
    }),
  );
});

test('a 200 that shows the wish is the end, one that does not is read once more and then a person looks', () => {
  const answer: Answer = { kind: 'answered', skills: [] };
  fc.assert(
    fc.property(reached, ({ policy: given, history, now }) => {
      const good = decideAfterAnswer(answer, true, history, given, now);
      assert.deepEqual(good, { history: NO_HISTORY, step: { kind: 'written' }, keepAttempt: false });
      const bad = decideAfterAnswer(answer, false, history, given, now);
      assert.deepEqual(
        { ...bad, history: undefined },
        { history: undefined, step: { kind: 'read-again' }, keepAttempt: false },
      );
      const { park, conflict } = decideAfterReading(false, bad.history, given, now);
      assert.equal(park?.reason, 'response-mismatch');
      assert.match(park.message, /does not show/);
      assert.equal(conflict, false);
    }),
  );
});

test('a refusal keeps its status and code, and nothing of it is repeated', () => {
  const refused = plain({ status: fc.integer({ min: 400, max: 499 }), code: fc.constantFrom('no_such', undefined) });
  fc.assert(
    fc.property(reached, refused, ({ policy: given, history, now }, { status, code }) => {
      const told = { status, ...(code === undefined ? {} : { code }) };
      const { step, keepAttempt } = decideAfterAnswer({ kind: 'refused', ...told }, false, history, given, now);
      assert.deepEqual({ step, keepAttempt }, { step: { kind: 'refused', ...told }, keepAttempt: false });
      const invalid = decideAfterAnswer({ kind: 'invalid', ...told }, false, history, given, now);
      assert.deepEqual([invalid.step, invalid.keepAttempt], [{ kind: 'invalid' }, false]);
      for (const after of [
        invalid.history,
        decideAfterAnswer({ kind: 'refused', ...told }, false, history, given, now).history,
      ]) {
        const { lockedSince: _lockedSince, ...rest } = after;
        assert.deepEqual(rest, NO_HISTORY, 'but for the clock of a lock, nothing is left of what was before');
        assert.equal(after.lockedSince, history.lockedSince);
      }
    }),
  );
});

const stalest: Answer = { kind: 'stale' };

function wasAnswered(answer: Answer): boolean {
  if (answer.kind === 'rate-limited') return answer.unsent !== true;
  return answer.kind !== 'lost' && answer.kind !== 'unsent';
}
