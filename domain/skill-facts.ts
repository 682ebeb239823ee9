import type { Problem } from './outcome.ts';
import { skillKey } from './desired-state.ts';
import type { SkillRef } from './request.ts';

/** What the platform knows of the one skill a reference leads to. */
export interface SkillFacts {
  skillId: string;
  name?: string;
  skillGroup?: string;
  /** Ascending; empty for a skill that is gone. */
  allowedLevels: readonly number[];
  /** Inactive or gone: it can be removed, not assigned. */
  retired?: boolean;
}

/** A reference with what it leads to, or why it leads nowhere. */
export type SkillAnswer = { skill: SkillRef } & ({ ok: true; facts: SkillFacts } | { ok: false; problem: Problem });

/** Finds the answer to a reference. */
export type SkillBook = (skill: SkillRef) => SkillAnswer;

/** A book of these answers. One that is missing is a reference nobody looked up. */
export function skillBook(answers: readonly SkillAnswer[]): SkillBook {
  const byKey = new Map(answers.map((answer) => [skillKey(answer.skill), answer]));
  return (skill) =>
    byKey.get(skillKey(skill)) ?? {
      skill,
      ok: false,
      problem: { code: 'unknown-skill', message: 'The skill was not looked up.' },
    };
}

/** `Billing in Voice (sk-2001)`, or as much of it as is known. */
export function describeFacts({ skillId, name, skillGroup }: Omit<SkillFacts, 'allowedLevels'>): string {
  if (name === undefined) return skillId;
  return skillGroup === undefined ? `${name} (${skillId})` : `${name} in ${skillGroup} (${skillId})`;
}
