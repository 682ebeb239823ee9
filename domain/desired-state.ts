import type { SkillRef } from './request.ts';

/** A skill an agent is to have, at a whole level from 1 to 5. */
export interface DesiredSkill {
  skill: SkillRef;
  level: number;
}

/** Everything an agent is to have, whatever role or team it comes from. */
export interface DesiredAgent {
  agentId: string;
  skills: readonly DesiredSkill[];
}

/**
 * Who is to have what. Skills that are not named stay as they are, but for those the file owns: an agent named here who
 * has one of `exclusive` without being given it loses it. Agents who are not named are never touched, as the platform
 * has no list of agents to find them by.
 */
export interface DesiredState {
  agents: readonly DesiredAgent[];
  exclusive: readonly SkillRef[];
}

/** The same for two references that are written alike, surrounding blanks aside. */
export function skillKey(skill: SkillRef): string {
  return JSON.stringify(
    'skillId' in skill
      ? ['id', skill.skillId, skill.name?.trim() ?? null]
      : ['name', skill.name.trim(), skill.skillGroup?.trim() ?? null],
  );
}

/** A desired state as it travels: agents who are given the same share one list. */
export interface PackedState {
  lists: DesiredSkill[][];
  /** Ids, each with the index of its list. */
  agents: [agentId: string, list: number][];
  exclusive: SkillRef[];
}

export function packState({ agents, exclusive }: DesiredState): PackedState {
  const indexes = new Map<string, number>();
  const lists: DesiredSkill[][] = [];
  return {
    agents: agents.map(({ agentId, skills }) => {
      const key = JSON.stringify(skills.map(({ skill, level }) => [skillKey(skill), level]).sort());
      const index = indexes.get(key) ?? lists.push([...skills]) - 1;
      indexes.set(key, index);
      return [agentId, index];
    }),
    lists,
    exclusive: [...exclusive],
  };
}

/** An agent of a packed state. */
export function unpackAgent({ lists }: PackedState, [agentId, list]: PackedState['agents'][number]): DesiredAgent {
  return { agentId, skills: lists[list] ?? [] };
}
