import type { Call } from './call.ts';
import { ok, refusal, type Answer } from './http.ts';

/** Answers `GET /api/v2/skills`. The allowed levels are told by the single skill only. */
export function listSkills({ entry, tenant }: Call): Answer {
  const skills = [...tenant.skills.values()].map(({ skillId, name, skillGroup, status }) => ({
    skillId,
    name,
    ...(skillGroup === undefined ? {} : { skillGroup }),
    ...(status === undefined ? {} : { status }),
  }));
  entry.skillIds = skills.map(({ skillId }) => skillId);
  return ok({ skills });
}

/** Answers `GET /api/v2/skills/{skillId}`. */
export function getSkill({ entry, tenant }: Call): Answer {
  const skill = tenant.skills.get(entry.skillId ?? '');
  if (skill === undefined) return refusal(404, 'not_found', 'No such skill.');
  entry.skillIds = [skill.skillId];
  return ok(skill);
}
