import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { toMs } from '../../domain/duration.ts';
import { idempotencyKey } from '../../domain/idempotency-key.ts';
import { describeInventory, levelOf, shows } from '../../domain/inventory.ts';
import { DEFAULT_POLICY, type DurationString, type PolicyOverrides } from '../../domain/policy.ts';
import { settlePolicy } from '../../domain/settle-policy.ts';
import { judgeLevel } from '../../domain/skill-level.ts';
import { inventory, plain } from './arbitraries.ts';

test('a level from 1 to 5 becomes the nearest whole one, halves the upper; any other is refused as it was given', () => {
  fc.assert(
    fc.property(fc.oneof(fc.double(), fc.double({ min: 0.5, max: 5.5 }), fc.integer({ min: 0, max: 6 })), (given) => {
      const verdict = judgeLevel(given);
      assert.equal(verdict.ok, given >= 1 && given <= 5);
      if (!verdict.ok) return;
      assert.ok([1, 2, 3, 4, 5].includes(verdict.level));
      const distance = verdict.level - given;
      assert.ok(distance > -0.5 && distance <= 0.5, `${given} became ${verdict.level}`);
      assert.equal(verdict.corrected, !Number.isInteger(given));
    }),
  );
});

test('what is no number is no level', () => {
  fc.assert(
    fc.property(
      fc.anything().filter((value) => typeof value !== 'number'),
      (given) => !judgeLevel(given).ok,
    ),
  );
});

test('halves go up', () => {
  for (const whole of [1, 2, 3, 4]) {
    assert.deepEqual(judgeLevel(whole + 0.5), { ok: true, level: whole + 1, corrected: true });
  }
});

test('a key for one skill tells the agent, the skill and the time', () => {
  fc.assert(
    fc.property(inventory, fc.nat(), ([wish], time) => {
      if (wish === undefined) return;
      assert.equal(idempotencyKey('agent-1', [wish], time), `agent-1_${wish.skillId}_${time}`);
    }),
  );
});

test('one set of wishes has one key, however it is sorted; another set, agent or time has another', () => {
  const several = inventory.filter(({ length }) => length > 1);
  fc.assert(
    fc.property(several, several, fc.nat(), fc.nat(), (wishes, others, time, later) => {
      const key = idempotencyKey('agent-1', wishes, time);
      assert.equal(idempotencyKey('agent-1', [...wishes].reverse(), time), key);
      assert.equal(idempotencyKey('agent-1', others, time) === key, asSet(wishes) === asSet(others));
      assert.equal(idempotencyKey('agent-1', wishes, later) === key, time === later);
      assert.notEqual(idempotencyKey('agent-2', wishes, time), key);
      const digest = createHash('sha256').update(asSet(wishes)).digest('hex').slice(0, 16);
      assert.equal(key, `agent-1_${digest}_${time}`);
    }),
  );
});

test('an inventory shows a wish exactly if it has the skill at that level, or lacks one to be removed', () => {
  const wishes = fc.array(plain({ skillId: fc.constantFrom('s1', 's2', 's9'), level: fc.integer({ min: 0, max: 5 }) }));
  fc.assert(
    fc.property(inventory, wishes, (skills, wished) => {
      const levels = new Map(skills.map(({ skillId, level }) => [skillId, level]));
      for (const { skillId } of wished) assert.equal(levelOf(skills, skillId), levels.get(skillId) ?? 0);
      const isTrue = wished.every(({ skillId, level }) =>
        level === 0 ? !levels.has(skillId) : levels.get(skillId) === level,
      );
      assert.equal(shows(skills, wished), isTrue);
      const text = describeInventory(wished);
      assert.equal(text.split(', ').length, Math.max(wished.length, 1));
      assert.equal(text === 'none', wished.length === 0);
      for (const { skillId, level } of wished) assert.ok(text.includes(`${skillId} ${level === 0 ? '–' : level}`));
    }),
  );
});

test('a duration is its number times its unit', () => {
  const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9_999 }), fc.constantFrom('ms', 's', 'm', 'h', 'd'), (count, unit) => {
      assert.equal(toMs(`${count}${unit}` as DurationString), count * units[unit]);
      assert.equal(toMs(`${count} ${unit}` as DurationString), count * units[unit]);
    }),
  );
});

test("a request's setting goes before the worker's, the worker's before the default; unset ones take nothing away", () => {
  const some = (value: DurationString) => fc.constantFrom(value, undefined);
  const overrides = (value: DurationString): fc.Arbitrary<PolicyOverrides> =>
    fc.record({ lockWait: some(value), idleLimit: some(value) }, { requiredKeys: [], noNullPrototype: true });
  fc.assert(
    fc.property(overrides('1s'), overrides('2s'), (worker, request) => {
      const settled = settlePolicy(DEFAULT_POLICY, worker, request);
      for (const name of ['lockWait', 'idleLimit'] as const) {
        assert.equal(settled[name], request[name] ?? worker[name] ?? DEFAULT_POLICY[name]);
      }
      const rest = { lockWait: DEFAULT_POLICY.lockWait, idleLimit: DEFAULT_POLICY.idleLimit };
      assert.deepEqual({ ...settled, ...rest }, DEFAULT_POLICY);
    }),
  );
  assert.deepEqual(settlePolicy(DEFAULT_POLICY), DEFAULT_POLICY);
});

function asSet(wishes: readonly { skillId: string; level: number }[]): string {
  const pairs = wishes.map(({ skillId, level }) => `${skillId}:${level}`);
  return pairs.sort().join(',');
}
