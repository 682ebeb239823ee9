import type { DesiredAgent } from './desired-state.ts';
import { levelOf, type SkillLevel } from './inventory.ts';
import type { Problem } from './outcome.ts';
import { describeSkill, type SkillRef } from './request.ts';
import { describeFacts, type SkillBook, type SkillFacts } from './skill-facts.ts';

/** One step from what an agent has to what they are to have; 0 = not assigned. */
export interface SkillStep {
  skillId: string;
  name?: string;
  skillGroup?: string;
  from: number;
  to: number;
}

/** What keeps a wish from being carried out. */
export interface WishProblem extends Problem {
  skill: SkillRef;
  /** The wish is left out and the rest goes on; else the file is wrong. */
  mayGoOn: boolean;
}

export interface Difference {
  steps: SkillStep[];
  problems: WishProblem[];
}

/**
 * What has to change for an agent to have what they are to have: wishes that the inventory does not show, and skills
 * the file owns that the agent is not given. A skill given at a level it does not allow is left as it is.
 */
export function difference(
  desired: DesiredAgent,
  exclusive: readonly SkillRef[],
  inventory: readonly SkillLevel[],
  book: SkillBook,
): Difference {
  const steps: SkillStep[] = [];
  const problems: WishProblem[] = [];
  const given = new Map<string, number>();
  for (const { skill, level } of desired.skills) {
    const answer = book(skill);
    if (!answer.ok) {
      problems.push({ skill, mayGoOn: false, ...answer.problem });
      continue;
    }
    const { facts } = answer;
    const from = levelOf(inventory, facts.skillId);
    const problem = problemOf(skill, facts, { from, level, other: given.get(facts.skillId) });
    given.set(facts.skillId, level);
    if (problem !== undefined) problems.push(problem);
    else if (from !== level) steps.push(stepOf(facts, from, level));
  }
  for (const skill of exclusive) {
    const answer = book(skill);
    if (!answer.ok) {
      problems.push({ skill, mayGoOn: false, ...answer.problem });
      continue;
    }
    const { facts } = answer;
    const from = levelOf(inventory, facts.skillId);
    const isNew = steps.every(({ skillId }) => skillId !== facts.skillId);
    if (from !== 0 && isNew && !given.has(facts.skillId)) steps.push(stepOf(facts, from, 0));
  }
  return { steps, problems };
}

/** An inventory after these steps. */
export function afterSteps(inventory: readonly SkillLevel[], steps: readonly SkillStep[]): SkillLevel[] {
  const levels = new Map(inventory.map(({ skillId, level }) => [skillId, level]));
  for (const { skillId, to } of steps) {
    if (to === 0) levels.delete(skillId);
    else levels.set(skillId, to);
  }
  return [...levels].map(([skillId, level]) => ({ skillId, level }));
}

/** Whether two inventories hold the same skills at the same levels, in any order. */
export function sameInventory(one: readonly SkillLevel[], other: readonly SkillLevel[]): boolean {
  return one.length === other.length && one.every(({ skillId, level }) => levelOf(other, skillId) === level);
}

function problemOf(
  skill: SkillRef,
  facts: SkillFacts,
  { from, level, other }: { from: number; level: number; other: number | undefined },
): WishProblem | undefined {
  const named = describeFacts(facts);
  if (other !== undefined && other !== level) {
    const message = `${describeSkill(skill)} is ${named}, which the same agent is given at level ${other} too.`;
    return { skill, mayGoOn: false, code: 'same-skill-twice', message };
  }
  // What holds already needs nobody's permission.
  if (from === level) return undefined;
  if (facts.retired === true) {
    return { skill, mayGoOn: false, code: 'skill-inactive', message: `${named} can't be assigned any more.` };
  }
  if (facts.allowedLevels.includes(level)) return undefined;
  const message = `${named} does not allow level ${level}, only ${facts.allowedLevels.join(', ')}; left as it is.`;
  return { skill, mayGoOn: true, code: 'level-not-allowed', message };
}

function stepOf({ skillId, name, skillGroup }: SkillFacts, from: number, to: number): SkillStep {
  return {
    skillId,
    ...(name === undefined ? {} : { name }),
    ...(skillGroup === undefined ? {} : { skillGroup }),
    from,
    to,
  };
}
