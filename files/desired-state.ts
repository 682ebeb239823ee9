import { skillKey, type DesiredAgent, type DesiredSkill, type DesiredState } from '../domain/desired-state.ts';
import { parseDesiredStateForm, type DesiredStateFile, type SkillEntry } from '../domain/desired-state.schema.ts';
import { describeSkill, type SkillRef } from '../domain/request.ts';
import type { FileProblems } from './problem.ts';
import { readYaml, type YamlPath, type YamlText } from './yaml.ts';

/** A desired state, or everything that is wrong with its file. */
export type StateFile = { ok: true; state: DesiredState } | { ok: false; problems: FileProblems };

/** More would not be planned in a day at the platform's rate. */
export const MAX_STATE_AGENTS = 100_000;

/** A skill that is given somewhere in the file, and where. */
interface Given extends DesiredSkill {
  path: YamlPath;
}

/** Reads a desired-state file in YAML. Never throws. */
export function readStateYaml(text: string): StateFile {
  const yaml = readYaml(text);
  if (yaml.problems.count > 0) return { ok: false, problems: yaml.problems };
  const parsed = parseDesiredStateForm(yaml.value);
  if (!parsed.ok) {
    for (const { path, message } of parsed.problems) report(yaml, path, message);
    return { ok: false, problems: yaml.problems };
  }
  const state = new Reading(yaml, parsed.file).state();
  return yaml.problems.count === 0 ? { ok: true, state } : { ok: false, problems: yaml.problems };
}

/** Puts roles, teams and agents together, and reports what contradicts itself. */
class Reading {
  readonly #yaml: YamlText;
  readonly #file: DesiredStateFile;
  readonly #roles: ReadonlyMap<string, Given[]>;
  readonly #reported = new Set<string>();

  constructor(yaml: YamlText, file: DesiredStateFile) {
    this.#yaml = yaml;
    this.#file = file;
    this.#roles = new Map(
      Object.entries(file.roles ?? {}).map(([name, { skills }]) => [name, this.#given(skills, ['roles', name])]),
    );
  }

  state(): DesiredState {
    const templates = new Map<string, Given[]>();
    for (const [name, team] of Object.entries(this.#file.teams ?? {})) {
      const path = ['teams', name];
      const given = [...this.#ofRoles(team.roles, path), ...this.#given(team.skills, path)];
      for (const [index, agentId] of this.#members(team.agents, path)) {
        const before = templates.get(agentId) ?? [];
        templates.set(agentId, [...before, ...given]);
        if (templates.size > MAX_STATE_AGENTS) this.#report([...path, 'agents', index], tooMany);
      }
    }
    const agents = new Map<string, DesiredAgent>();
    for (const [agentId, agent] of Object.entries(this.#file.agents ?? {})) {
      const path = ['agents', agentId];
      const given = [...(templates.get(agentId) ?? []), ...this.#ofRoles(agent.roles, path)];
      agents.set(agentId, { agentId, skills: this.#merged(agentId, this.#given(agent.skills, path), given) });
      if (agents.size > MAX_STATE_AGENTS) this.#report(path, tooMany);
    }
    for (const [agentId, given] of templates) {
      if (!agents.has(agentId)) agents.set(agentId, { agentId, skills: this.#merged(agentId, [], given) });
    }
    const exclusive = this.#references(this.#file.exclusive ?? [], ['exclusive']).map(({ skill }) => skill);
    return { agents: [...agents.values()], exclusive };
  }

  /** An agent's own skills go before those of roles and teams, which have to agree with one another. */
  #merged(agentId: string, own: readonly Given[], templates: readonly Given[]): DesiredSkill[] {
    const chosen = new Map(own.map((given) => [skillKey(given.skill), given]));
    const isOwn = new Set(chosen.keys());
    for (const given of templates) {
      const key = skillKey(given.skill);
      const before = chosen.get(key);
      if (before === undefined) chosen.set(key, given);
      else if (before.level !== given.level && !isOwn.has(key)) this.#reportConflict(agentId, before, given);
    }
    return [...chosen.values()].map(({ skill, level }) => ({ skill, level }));
  }

  #reportConflict(agentId: string, one: Given, other: Given): void {
    const place = `${one.path.join('.')} ${other.path.join('.')}`;
    // Once for a pair of templates, not once for each member.
    if (this.#reported.has(place)) return;
    this.#reported.add(place);
    const { line } = this.#yaml.positionOf(one.path);
    this.#report(
      other.path,
      `agent ${agentId} is given ${describeSkill(other.skill)} at level ${other.level} here and ${one.level} in line ` +
        `${line}; give it once, or give it under the agent, which goes before both`,
    );
  }

  #ofRoles(names: readonly string[] | undefined, path: YamlPath): Given[] {
    return (names ?? []).flatMap((name, index) => {
      const skills = this.#roles.get(name);
      if (skills === undefined) this.#report([...path, 'roles', index], `there is no role ${name} in this file`);
      return skills ?? [];
    });
  }

  #members(agentIds: readonly string[], path: YamlPath): [number, string][] {
    const seen = new Set<string>();
    return [...agentIds.entries()].filter(([index, agentId]) => {
      const isNew = !seen.has(agentId);
      seen.add(agentId);
      if (!isNew) this.#report([...path, 'agents', index], `agent ${agentId} is in this team already`);
      return isNew;
    });
  }

  #given(entries: readonly (SkillEntry & { level: number })[] | undefined, path: YamlPath): Given[] {
    return this.#references(entries ?? [], [...path, 'skills']).map(({ entry, ...reference }) => ({
      ...reference,
      level: entry.level,
    }));
  }

  #references<Entry extends SkillEntry>(
    entries: readonly Entry[],
    path: YamlPath,
  ): { skill: SkillRef; path: YamlPath; entry: Entry }[] {
    const seen = new Set<string>();
    return entries.flatMap((entry, index) => {
      const at = [...path, index];
      const skill = toSkillRef(entry);
      if (typeof skill === 'string') {
        this.#report(at, skill);
        return [];
      }
      const key = skillKey(skill);
      if (seen.has(key)) {
        this.#report(at, `${describeSkill(skill)} is in this list already`);
        return [];
      }
      seen.add(key);
      return [{ skill, path: at, entry }];
    });
  }

  #report(path: YamlPath, message: string): void {
    report(this.#yaml, path, message);
  }
}

const tooMany = `the file has more than ${MAX_STATE_AGENTS} agents; split it`;

function report(yaml: YamlText, path: YamlPath, message: string): void {
  const { line, column } = yaml.positionOf(path);
  yaml.problems.add(line, column, message);
}

/** The reference an entry makes, or what is wrong with it. */
export function toSkillRef(entry: SkillEntry): SkillRef | string {
  const skillId = entry.skill_id;
  const skill = entry.skill?.trim();
  const group = entry.group?.trim();
  if (skillId !== undefined) {
    if (group !== undefined) return 'group must not be given with skill_id, which is unique by itself';
    return skill === undefined ? { skillId } : { skillId, name: skill };
  }
  if (skill === undefined) return 'skill or skill_id is required';
  return group === undefined ? { name: skill } : { name: skill, skillGroup: group };
}
