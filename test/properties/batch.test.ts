import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { levelOf, type SkillLevel } from '../../domain/inventory.ts';
import { DEFAULT_POLICY, MAX_TOGGLES, type Policy } from '../../domain/policy.ts';
import { Batch } from '../../workflows/batch.ts';
import { openRequest, outcomeOf, type OpenRequest } from '../../workflows/open-request.ts';
import { decideAfterReading } from '../../workflows/write-decision.ts';
import { inventory, resolve, skillIds, plain } from './arbitraries.ts';

/** Requests that go together: each skill of the catalogue is wished for by one of them at most. */
const together: fc.Arbitrary<OpenRequest[]> = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 2 })), {
    minLength: skillIds.length,
    maxLength: skillIds.length,
  })
  .map((wishes) =>
    [0, 1, 2].map((owner) => {
      const own = skillIds.flatMap((skillId, index) => {
        const [level = 0, whose] = wishes[index] ?? [];
        return whose === owner ? [{ skillId, level }] : [];
      });
      const changes = own.map(({ skillId, level }) =>
        level === 0
          ? ({ action: 'remove', skill: { skillId } } as const)
          : ({ action: 'assign', skill: { skillId }, level } as const),
      );
      const request = { tenantId: 'acme', agentId: 'a1', changes, requestedBy: 'ops', reason: 'r' };
      const entry = openRequest({ ...request, requestId: `r${owner}` }, 'digest', 0);
      entry.progress.resolved = changes.map(resolve);
      return entry;
    }),
  );

test('a PATCH asks for exactly what the directory does not show yet, each skill once, in order', () => {
  fc.assert(
    fc.property(together, inventory, (entries, skills) => {
      const { wishes, etag, intended } = new Batch(entries).attemptFor('a1', { skills, etag: '"1"' }, () => 7);
      const expected = { wishes: lackingIn(entries, skills), etag: '"1"', intended: false };
      assert.deepEqual({ wishes, etag, intended }, expected);
    }),
  );
});

test('who has its wish already is not part of an attempt, and is not counted one', () => {
  fc.assert(
    fc.property(together, inventory, (entries, skills) => {
      const batch = new Batch(entries);
      const lacking = entries.filter(({ progress }) =>
        (progress.resolved ?? []).some(({ skillId, targetLevel }) => levelOf(skills, skillId) !== targetLevel),
      );
      assert.deepEqual(batch.missing(skills), lacking);
      assert.deepEqual(batch.attemptFor('a1', { skills, etag: '"1"' }, () => 7).entries, lacking);
      for (const entry of entries) {
        assert.equal(entry.progress.attempts, lacking.includes(entry) ? 1 : 0);
        assert.equal(entry.progress.before, lacking.includes(entry) ? skills : undefined);
        if (!lacking.includes(entry)) continue;
        entry.progress.wrote = 'yes';
        for (const { skillId, previousLevel } of outcomeOf(entry, { status: 'provisioned', time: '' }).changes) {
          assert.equal(previousLevel, levelOf(skills, skillId ?? ''), 'the level before is the one that was read');
        }
      }
    }),
  );
});

test('the same bytes go out under the same key only while neither the agent nor the wishes have changed', () => {
  const reading = plain({ skills: inventory, etag: fc.constantFrom('"1"', '"2"') });
  fc.assert(
    fc.property(together, reading, reading, fc.boolean(), (entries, first, second, keep) => {
      const batch = new Batch(entries);
      let time = 0;
      const keyTime = () => (time += 1);
      const one = batch.attemptFor('a1', first, keyTime);
      if (!keep) batch.attempt = undefined;
      const other = batch.attemptFor('a1', second, keyTime);
      const [before, now] = [first, second].map(({ skills }) => lackingIn(entries, skills));
      const isSame = keep && first.etag === second.etag && JSON.stringify(before) === JSON.stringify(now);
      assert.equal(other === one, isSame);
      assert.equal(other.key === one.key, isSame, 'another attempt has another key');
      assert.equal(time, isSame ? 1 : 2);
      assert.equal(other.etag, second.etag);
      assert.equal(batch.attempt, other);
    }),
  );
});

test('during a rollback the levels from before stay what they were', () => {
  fc.assert(
    fc.property(together, inventory, inventory, (entries, before, after) => {
      for (const { progress } of entries) {
        progress.rollback = true;
        progress.wrote = 'yes';
        progress.before = before;
        progress.after = after;
      }
      new Batch(entries).attemptFor('a1', { skills: after, etag: '"1"' }, () => 1);
      for (const { progress } of entries) {
        assert.equal(progress.before, before);
        assert.equal(progress.former, undefined);
      }
    }),
  );
});

test('a batch that has sent nothing is fresh, also after it was found that the directory has it all', () => {
  fc.assert(
    fc.property(together, fc.boolean(), (entries, hasItAll) => {
      const batch = new Batch(entries);
      assert.ok(batch.isFresh);
      batch.history = decideAfterReading(hasItAll, batch.history, DEFAULT_POLICY, 0).history;
      assert.ok(batch.isFresh, 'others may still join');
      batch.attemptFor('a1', { skills: [], etag: '"1"' }, () => 1);
      assert.ok(!batch.isFresh);
      batch.attempt = undefined;
      batch.togglesUsed = 1;
      assert.ok(!batch.isFresh);
      batch.togglesUsed = 0;
      batch.history = { ...batch.history, troubles: 1 };
      assert.ok(!batch.isFresh);
    }),
  );
});

test('toggles end at the limit of the policy, and at three whatever it says', () => {
  fc.assert(
    fc.property(together, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 3 }), (entries, limit, used) => {
      const batch = new Batch(entries);
      assert.equal(batch.togglesLeft, MAX_TOGGLES);
      for (const { progress } of entries) progress.policy = { ...DEFAULT_POLICY, toggleLimit: limit };
      batch.togglesUsed = used;
      assert.equal(batch.togglesLeft, Math.min(limit, 3) - used);
    }),
  );
});

test('whoever is added is being carried out, whoever is released waits again, and the policy is that of those in it', () => {
  const policyOf = (n: number): Policy => ({ ...DEFAULT_POLICY, lockWait: `${n + 1}s` });
  fc.assert(
    fc.property(together, fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), (entries, order) => {
      const batch = new Batch([]);
      assert.ok(batch.isEmpty());
      assert.equal(batch.policy, DEFAULT_POLICY);
      batch.add(entries);
      assert.ok(entries.every(({ place }) => place === 'active'));
      assert.equal(batch.policy, DEFAULT_POLICY, 'nobody has been checked yet');
      const [last] = entries.slice(-1);
      if (last !== undefined) last.progress.policy = policyOf(9);
      assert.deepEqual(batch.policy, policyOf(9), 'that of the first who has been checked');
      for (const [index, { progress }] of entries.entries()) progress.policy = policyOf(index);
      assert.deepEqual(batch.wishes.length, entries.flatMap(({ request }) => request.changes).length);
      const left = [...entries];
      for (const index of order) {
        const entry = entries[index];
        if (entry === undefined) continue;
        assert.equal(batch.policy, left[0]?.progress.policy);
        batch.release(entry);
        batch.remove(entry);
        left.splice(left.indexOf(entry), 1);
        assert.equal(entry.place, 'waiting');
        assert.deepEqual(batch.entries, left);
      }
      assert.ok(batch.isEmpty());
      assert.deepEqual(batch.policy, policyOf(order.at(-1) ?? 0), 'that of the last to go');
    }),
  );
});

/** The wishes that an inventory does not show, by skill. */
function lackingIn(entries: readonly OpenRequest[], skills: readonly SkillLevel[]): SkillLevel[] {
  return entries
    .flatMap(({ progress }) => progress.resolved ?? [])
    .filter(({ skillId, targetLevel }) => levelOf(skills, skillId) !== targetLevel)
    .map(({ skillId, targetLevel }) => ({ skillId, level: targetLevel }))
    .sort((one, other) => one.skillId.localeCompare(other.skillId));
}
