import { stringify } from 'yaml';
import type { DesiredState } from '../domain/desired-state.ts';
import type { SkillRef } from '../domain/request.ts';

/** A desired-state file in YAML, agents in the order of their ids; read back it is the same state. */
export function writeStateYaml({ agents, exclusive }: DesiredState): string {
  const sorted = agents.toSorted((one, other) => compare(one.agentId, other.agentId));
  const document = {
    version: 1,
    agents: Object.fromEntries(
      sorted.map(({ agentId, skills }) => [
        agentId,
        { skills: skills.map(({ skill, level }) => ({ ...toEntry(skill), level })) },
      ]),
    ),
    ...(exclusive.length === 0 ? {} : { exclusive: exclusive.map(toEntry) }),
  };
  return stringify(document, { lineWidth: 0, collectionStyle: 'any', aliasDuplicateObjects: false });
}

function toEntry(skill: SkillRef): Record<string, string> {
  if (!('skillId' in skill)) {
    return { skill: skill.name, ...(skill.skillGroup === undefined ? {} : { group: skill.skillGroup }) };
  }
  return { skill_id: skill.skillId, ...(skill.name === undefined ? {} : { skill: skill.name }) };
}

/** By code points: the same on every machine. */
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
