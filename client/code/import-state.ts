import type { DesiredAgent, DesiredState } from '../../domain/desired-state.ts';
import type { SkillRef } from '../../domain/request.ts';
import type { SkillAnswer } from '../../domain/skill-facts.ts';
import type { AgentReader, ReadOptions } from './agent-reader.ts';
import { AgentsUnreadError } from './errors.ts';

export interface ImportedState {
  state: DesiredState;
  /** Agents the platform does not know; they are not in the state. */
  unknown: string[];
}

/**
 * The desired state that agents are in now. A skill is named by its name and group where these lead to it and to no
 * other; ids are recycled, so a file should not depend on them.
 */
export async function importState(
  read: AgentReader,
  agentIds: readonly string[],
  options: ReadOptions = {},
): Promise<ImportedState> {
  const inventories: { agentId: string; skills: { skillId: string; level: number }[] }[] = [];
  const unknown: string[] = [];
  const missed: string[] = [];
  const toRead = agentIds.map((agentId) => ({ agentId, skills: [] }));
  for await (const page of read.agents(toRead, options)) {
    unknown.push(...page.unknown);
    missed.push(...page.unread);
    inventories.push(...page.agents.map(({ agentId, skills }) => ({ agentId, skills })));
  }
  if (missed.length > 0) throw new AgentsUnreadError(missed);
  const skillIds = [...new Set(inventories.flatMap(({ skills }) => skills.map(({ skillId }) => skillId)))];
  const names = await nameSkills(read, skillIds, options);
  const agents = inventories.map(({ agentId, skills }): DesiredAgent => ({
    agentId,
    skills: skills.map(({ skillId, level }) => ({ skill: names.get(skillId) ?? { skillId }, level })),
  }));
  return { state: { agents, exclusive: [] }, unknown };
}

async function nameSkills(
  read: AgentReader,
  skillIds: readonly string[],
  { timeoutMs, signal }: ReadOptions,
): Promise<Map<string, SkillRef>> {
  const options = { ...(timeoutMs === undefined ? {} : { timeoutMs }), ...(signal === undefined ? {} : { signal }) };
  const byId = await read.skills(
    skillIds.map((skillId) => ({ skillId })),
    options,
  );
  const byName = await read.skills(byId.flatMap(nameOf), options);
  const leadsTo = new Map(byName.map((answer) => [JSON.stringify(answer.skill), idIn(answer)]));
  return new Map(
    byId.flatMap((answer, index): [string, SkillRef][] => {
      const skillId = skillIds[index] ?? '';
      const [name] = nameOf(answer);
      if (name === undefined) return [[skillId, { skillId }]];
      if (leadsTo.get(JSON.stringify(name)) === skillId) return [[skillId, name]];
      return [[skillId, { skillId, name: name.name }]];
    }),
  );
}

/** Nothing for a name that could not be read back from a file. */
function nameOf(answer: SkillAnswer): { name: string; skillGroup?: string }[] {
  if (!answer.ok) return [];
  const { name = '', skillGroup } = answer.facts;
  if (![name, skillGroup ?? name].every((text) => /^(?=.*\S)[^\p{Cc}\p{Cs}]{1,500}$/u.test(text))) return [];
  return [skillGroup === undefined ? { name } : { name, skillGroup }];
}

function idIn(answer: SkillAnswer): string | undefined {
  return answer.ok ? answer.facts.skillId : undefined;
}
