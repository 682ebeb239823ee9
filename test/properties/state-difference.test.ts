import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { packState, unpackAgent, type DesiredAgent } from '../../domain/desired-state.ts';
import { levelOf, type SkillLevel } from '../../domain/inventory.ts';
import type { SkillRef } from '../../domain/request.ts';
import { skillBook, type SkillAnswer } from '../../domain/skill-facts.ts';
import { afterSteps, difference } from '../../domain/state-difference.ts';
import { plain } from './arbitraries.ts';

/** Each skill can be named by its id and by its name; the last one allows levels 1 and 5 only. */
const SKILLS = ['s1', 's2', 's3', 's4'].map((skillId) => ({
  skillId,
  name: `name of ${skillId}`,
  allowedLevels: skillId === 's4' ? [1, 5] : [1, 2, 3, 4, 5],
}));
const ANSWERS = SKILLS.flatMap((facts): SkillAnswer[] => [
  { skill: { skillId: facts.skillId }, ok: true, facts },
  { skill: { name: facts.name }, ok: true, facts },
]);
const book = skillBook(ANSWERS);

const level = fc.integer({ min: 1, max: 5 });
const reference: fc.Arbitrary<SkillRef> = fc.constantFrom(...ANSWERS.map(({ skill }) => skill));
const skills = fc.uniqueArray(plain({ skill: reference, level }), { selector: (wish) => idOf(wish.skill) });
const desired: fc.Arbitrary<DesiredAgent> = plain({ agentId: fc.constantFrom('a', 'b', 'c'), skills });
const inventory: fc.Arbitrary<SkillLevel[]> = fc.uniqueArray(
  plain({ skillId: fc.constantFrom('s1', 's2', 's3', 's4', 'other'), level }),
  { selector: ({ skillId }) => skillId },
);
const exclusive = fc.uniqueArray(reference, { selector: idOf });

test('after its steps an agent is as the file says, and a second plan has nothing to change', () => {
  fc.assert(
    fc.property(desired, exclusive, inventory, (agent, owned, before) => {
      const { steps, problems } = difference(agent, owned, before, book);
      const after = afterSteps(before, steps);
      assert.deepEqual(difference(agent, owned, after, book), { steps: [], problems });
      const left = new Set(problems.map(({ skill }) => idOf(skill)));
      for (const wish of agent.skills) {
        const skillId = idOf(wish.skill);
        const wanted = left.has(skillId) ? levelOf(before, skillId) : wish.level;
        assert.equal(levelOf(after, skillId), wanted);
      }
      const given = new Set(agent.skills.map(({ skill }) => idOf(skill)));
      for (const skill of owned) if (!given.has(idOf(skill))) assert.equal(levelOf(after, idOf(skill)), 0);
      const isNamed = (skillId: string): boolean =>
        given.has(skillId) || owned.some((skill) => idOf(skill) === skillId);
      for (const { skillId } of [...before, ...after]) {
        if (!isNamed(skillId)) assert.equal(levelOf(after, skillId), levelOf(before, skillId));
      }
    }),
  );
});

test('the steps taken back leave the agent as they were', () => {
  fc.assert(
    fc.property(desired, exclusive, inventory, (agent, owned, before) => {
      const { steps } = difference(agent, owned, before, book);
      const back = steps.map((step) => ({ ...step, from: step.to, to: step.from }));
      assert.deepEqual(sorted(afterSteps(afterSteps(before, steps), back)), sorted(before));
    }),
  );
});

test('a state that is packed gives every agent the same as before', () => {
  fc.assert(
    fc.property(fc.uniqueArray(desired, { selector: ({ agentId }) => agentId }), (agents) => {
      const packed = packState({ agents, exclusive: [] });
      const unpacked = packed.agents.map((entry) => unpackAgent(packed, entry));
      const bySkill = (agent: DesiredAgent) => [agent.agentId, agent.skills.map((wish) => JSON.stringify(wish)).sort()];
      assert.deepEqual(unpacked.map(bySkill), agents.map(bySkill));
    }),
  );
});

function idOf(skill: SkillRef): string {
  const answer = book(skill);
  assert.ok(answer.ok);
  return answer.facts.skillId;
}

function sorted(skills: readonly SkillLevel[]): SkillLevel[] {
  return skills.toSorted((one, other) => one.skillId.localeCompare(other.skillId));
}
