import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterSteps, difference } from '../../domain/state-difference.ts';
import { skillBook, type SkillAnswer } from '../../domain/skill-facts.ts';

const EVERY_LEVEL = [1, 2, 3, 4, 5];
const BILLING = { skillId: 'sk-1', name: 'Billing', allowedLevels: EVERY_LEVEL };
const ANSWERS: SkillAnswer[] = [
  { skill: { name: 'Billing' }, ok: true, facts: BILLING },
  { skill: { skillId: 'sk-1' }, ok: true, facts: BILLING },
  { skill: { name: 'Card' }, ok: true, facts: { skillId: 'sk-2', name: 'Card', allowedLevels: [1, 5] } },
  {
    skill: { name: 'Fax' },
    ok: true,
    facts: { skillId: 'sk-3', name: 'Fax', allowedLevels: EVERY_LEVEL, retired: true },
  },
  { skill: { name: 'Twin' }, ok: false, problem: { code: 'ambiguous-skill', message: 'two' } },
];
const book = skillBook(ANSWERS);
const HAS = [
  { skillId: 'sk-1', level: 2 },
  { skillId: 'sk-2', level: 1 },
  { skillId: 'sk-9', level: 4 },
];

test('what is as it should be, and what is not named, is left alone', () => {
  const desired = { agentId: 'a', skills: [{ skill: { name: 'Billing' }, level: 2 }] };
  assert.deepEqual(difference(desired, [], HAS, book), { steps: [], problems: [] });
});

test('a skill the file owns is taken from an agent who is not given it, and from no other', () => {
  const owned = [{ name: 'Billing' }, { name: 'Card' }, { name: 'Fax' }];
  const desired = { agentId: 'a', skills: [{ skill: { skillId: 'sk-1' }, level: 4 }] };
  const { steps, problems } = difference(desired, owned, HAS, book);
  assert.deepEqual(problems, []);
  assert.deepEqual(steps, [
    { skillId: 'sk-1', name: 'Billing', from: 2, to: 4 },
    { skillId: 'sk-2', name: 'Card', from: 1, to: 0 },
  ]);
  assert.deepEqual(afterSteps(HAS, steps), [
    { skillId: 'sk-1', level: 4 },
    { skillId: 'sk-9', level: 4 },
  ]);
});

test('a skill given at a level it does not allow is left as it is, though the file owns it', () => {
  const desired = { agentId: 'a', skills: [{ skill: { name: 'Card' }, level: 3 }] };
  const { steps, problems } = difference(desired, [{ name: 'Card' }], HAS, book);
  assert.deepEqual(steps, []);
  assert.deepEqual(
    problems.map(({ code, mayGoOn }) => [code, mayGoOn]),
    [['level-not-allowed', true]],
  );
});

test('a reference that leads nowhere, to a retired skill, or to one that is given already is a mistake in the file', () => {
  const skills = [
    { skill: { name: 'Twin' }, level: 1 },
    { skill: { name: 'Fax' }, level: 1 },
    { skill: { name: 'Billing' }, level: 1 },
    { skill: { skillId: 'sk-1' }, level: 2 },
    { skill: { name: 'Never looked up' }, level: 2 },
  ];
  const { problems } = difference({ agentId: 'a', skills }, [], HAS, book);
  assert.deepEqual(
    problems.map(({ code, mayGoOn }) => [code, mayGoOn]),
    [
      ['ambiguous-skill', false],
      ['skill-inactive', false],
      ['same-skill-twice', false],
      ['unknown-skill', false],
    ],
  );
});
