import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { levelOf, type SkillLevel } from '../../domain/inventory.ts';
import {
  applicableActions,
  changedByOthers,
  changesToResolve,
  outcomeOf,
  requestedLevel,
  wishesOf,
} from '../../workflows/open-request.ts';
import { changes, inventory, resolve } from './arbitraries.ts';
import { storySteps, tell } from './rollback-story.ts';

test('a rollback restores what this request changed and nobody else has changed since, and nothing but that', () => {
  fc.assert(
    fc.property(changes, inventory, storySteps, (wishes, initial, steps) => {
      const { entry, directory, ours } = tell(wishes, initial, steps);
      fc.pre(entry.progress.wrote !== 'no');
      entry.progress.rollback = true;
      const restored = wishesOf(entry).filter(({ skillId, level }) => levelOf(directory, skillId) !== level);
      const expected = [...ours]
        .map(([skillId, level]) => ({ skillId, level }))
        .filter(({ skillId, level }) => levelOf(directory, skillId) !== level);
      assert.deepEqual(sorted(restored), sorted(expected));
    }),
    { numRuns: 1_000 },
  );
});

test('what a rollback resolves anew is what it wishes', () => {
  fc.assert(
    fc.property(changes, inventory, storySteps, (wishes, initial, steps) => {
      const { entry } = tell(wishes, initial, steps);
      assert.deepEqual(changesToResolve(entry), wishes);
      assert.deepEqual(
        wishesOf(entry),
        wishes.map(resolve).map(({ skillId, targetLevel }) => ({ skillId, level: targetLevel })),
      );
      entry.progress.rollback = true;
      const undone = changesToResolve(entry);
      for (const change of undone) {
        assert.deepEqual(
          Object.keys(change).sort(),
          change.action === 'assign' ? ['action', 'level', 'skill'] : ['action', 'skill'],
        );
      }
      for (const change of undone) {
        const asked = wishes.map(resolve).find(({ skillId }) => skillId === resolve(change).skillId);
        assert.notEqual(requestedLevel(change), asked?.targetLevel, 'what was asked is not what was before');
        assert.equal(change.action, requestedLevel(change) === 0 ? 'remove' : 'assign');
      }
      const meant = undone.map((change) => ({ skillId: resolve(change).skillId, level: requestedLevel(change) }));
      assert.deepEqual(meant, wishesOf(entry));
    }),
  );
});

test('a rollback is offered where something was written that can be restored, and says what it leaves alone', () => {
  fc.assert(
    fc.property(changes, inventory, storySteps, (wishes, initial, steps) => {
      const { entry, ours, sent, overtaken } = tell(wishes, initial, steps);
      const { progress } = entry;
      const always = ['retry', 'accept', 'abandon'];
      const offered = applicableActions(entry);
      assert.deepEqual(
        offered.filter((action) => action !== 'rollback'),
        always,
      );
      if (progress.wrote === 'no') assert.ok(!offered.includes('rollback'));
      const left = changedByOthers(entry);
      const asked = wishes.map(resolve).map(({ skillId }) => skillId);
      assert.ok(left.every((skillId) => asked.includes(skillId) && !ours.has(skillId)));
      if (progress.wrote !== 'no') {
        assert.ok(left.every((skillId) => sent.has(skillId)));
        assert.ok([...overtaken].every((skillId) => left.includes(skillId)));
      }
      progress.rollback = true;
      const restorable = wishesOf(entry).map(({ skillId }) => skillId);
      assert.equal(offered.includes('rollback'), progress.wrote !== 'no' && restorable.length > 0);
      assert.ok(left.every((skillId) => !restorable.includes(skillId)));
      entry.verdict = { status: 'provisioned', time: '' };
      assert.deepEqual(
        applicableActions(entry),
        ['retry', 'abandon'],
        'its end is decided, only its record is missing',
      );
    }),
  );
});

test('an outcome names each wish as it was asked, what it became, and the levels before and now', () => {
  fc.assert(
    fc.property(changes, inventory, storySteps, fc.option(inventory), (wishes, initial, steps, routing) => {
      const { entry, ours, directory } = tell(wishes, initial, steps);
      const { progress } = entry;
      progress.toggles = 2;
      progress.conflicts = 3;
      if (routing !== null) progress.routing = routing;
      const problem = { code: 'c', message: 'm' };
      const outcome = outcomeOf(entry, { status: 'failed', time: '', problem });
      assert.deepEqual(
        { ...outcome, changes: [] },
        {
          requestId: 'r1',
          status: 'failed',
          changes: [],
          toggles: 2,
          conflicts: 3,
          problem,
        },
      );
      for (const [index, shown] of outcome.changes.entries()) {
        const wish = wishes[index];
        if (wish === undefined) assert.fail('more changes than wishes');
        const { skillId, targetLevel } = resolve(wish);
        const { name } = wish.skill;
        const { previousLevel, ...rest } = shown;
        assert.deepEqual(rest, {
          skillId,
          ...(name === undefined ? {} : { name }),
          requestedLevel: wish.action === 'assign' ? wish.level : 0,
          targetLevel,
          ...(routing === null ? {} : { level: levelOf(routing, skillId) }),
        });
        if (progress.wrote === 'no') assert.equal(previousLevel, levelOf(directory, skillId));
        const former = ours.get(skillId);
        if (former !== undefined) assert.equal(previousLevel, former, 'the level before this request');
      }
    }),
  );
});

test('before anything is resolved or read an outcome claims nothing about levels', () => {
  fc.assert(
    fc.property(changes, (wishes) => {
      const { entry } = tell(wishes, [], []);
      delete entry.progress.resolved;
      delete entry.progress.before;
      entry.progress.routing = [];
      const resolved = tell(wishes, [], []).entry;
      delete resolved.progress.before;
      for (const { progress } of [resolved, entry]) {
        const { changes: shown } = outcomeOf({ ...entry, progress }, { status: 'rejected', time: '' });
        for (const change of shown) {
          assert.ok(!('previousLevel' in change || 'level' in change));
          assert.ok(Object.values(change).every((value) => value !== undefined));
        }
      }
      const { changes: shown, ...rest } = outcomeOf(entry, { status: 'rejected', time: '' });
      assert.deepEqual(rest, { requestId: 'r1', status: 'rejected', toggles: 0, conflicts: 0 });
      for (const [index, { skillId, name, requestedLevel: asked, ...levels }] of shown.entries()) {
        const wish = wishes[index];
        if (wish === undefined) assert.fail('more changes than wishes');
        assert.deepEqual(levels, {});
        assert.equal(asked, requestedLevel(wish));
        assert.equal(name, wish.skill.name);
        assert.equal(skillId, 'skillId' in wish.skill ? wish.skill.skillId : undefined);
      }
      assert.deepEqual(wishesOf(entry), []);
      entry.progress.rollback = true;
      assert.deepEqual(changesToResolve(entry), []);
      assert.deepEqual(changedByOthers(entry), []);
    }),
  );
});

function sorted(skills: readonly SkillLevel[]): SkillLevel[] {
  return [...skills].sort((one, other) => (one.skillId < other.skillId ? -1 : 1));
}
