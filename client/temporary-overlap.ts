import type { SkillRef } from '../domain/request.ts';
import type { TemporarySkill } from '../domain/temporary-skill.ts';
import type { TemporaryView } from './temporary-runs.ts';

/** Two of one skill need this between them, so that the end of the first is asked for before the start of the next. */
const GAP_MS = 60_000;

/**
 * The one among an agent's temporary skills that the period of another must not meet: each would take the level that the
 * other gives for what was there before. As far as can be told from how the skills are named.
 */
export function clashing(
  wanted: Pick<TemporarySkill, 'temporaryId' | 'skill' | 'from' | 'until'>,
  present: readonly TemporaryView[],
): TemporaryView | undefined {
  return present.find((other) => {
    const isOpen = other.state === 'Scheduled' || other.state === 'Starting' || other.state === 'Active';
    if (!isOpen || other.temporaryId === wanted.temporaryId || !isSameSkill(wanted.skill, other)) return false;
    return begin(wanted) < Date.parse(other.until) + GAP_MS && begin(other) < Date.parse(wanted.until) + GAP_MS;
  });
}

function begin({ from }: { from?: string }): number {
  return from === undefined ? Date.now() : Date.parse(from);
}

/** One that was given already knows its skill by id and name, however it was named. */
function isSameSkill(wanted: SkillRef, { skill, start }: TemporaryView): boolean {
  const { skillId = idOf(skill), name = skill.name } = start?.changes[0] ?? {};
  const wantedId = idOf(wanted);
  if (wantedId !== undefined && skillId !== undefined) return wantedId === skillId;
  if (wanted.name === undefined || wanted.name.trim() !== name?.trim()) return false;
  const groups = [wanted, skill].map((ref) => ('skillGroup' in ref ? ref.skillGroup.trim() : undefined));
  return groups.includes(undefined) || groups[0] === groups[1];
}

function idOf(skill: SkillRef): string | undefined {
  return 'skillId' in skill ? skill.skillId : undefined;
}
