import { skillKey, type DesiredSkill, type DesiredState } from '../domain/desired-state.ts';
import { AGENT_ID_PATTERN, describeSkill, type SkillRef } from '../domain/request.ts';
import { skillIdText } from '../domain/request.schema.ts';
import { MAX_LEVEL, MIN_LEVEL } from '../domain/skill-level.ts';
import { readCsv, type CsvRow } from './csv.ts';
import { MAX_STATE_AGENTS, toSkillRef, type StateFile } from './desired-state.ts';

const COLUMNS = {
  agent: 'required',
  skill: 'optional',
  group: 'optional',
  skill_id: 'optional',
  level: 'optional',
  exclusive: 'optional',
} as const;
type Column = keyof typeof COLUMNS;

const MAX_ROWS = 1_000_000;

/**
 * Reads a desired state from a table: a row for each skill of an agent. A row with an agent alone names them; one with
 * `exclusive` says that the file owns the skill, with or without an agent.
 */
export function readStateCsv(text: string): StateFile {
  const table = readCsv(text, { columns: COLUMNS, maxRows: MAX_ROWS });
  const { problems } = table;
  const state = new Rows();
  for (const row of table.rows) {
    const problem = state.add(row);
    if (problem !== undefined) problems.add(row.line, table.columnOf(problem[0]), problem[1]);
  }
  return problems.count === 0 ? { ok: true, state: state.state() } : { ok: false, problems };
}

class Rows {
  readonly #agents = new Map<string, Map<string, DesiredSkill & { line: number }>>();
  readonly #exclusive = new Map<string, SkillRef>();

  /** Takes a row in, or says what is wrong with which of its cells. */
  add({ line, cells }: CsvRow<Column>): [Column, string] | undefined {
    const { agent, level, skill_id: skillId } = cells;
    const owned = readYesNo(cells.exclusive);
    if (owned === undefined) return ['exclusive', 'exclusive must be yes or no'];
    if (agent === undefined && !owned) return ['agent', 'agent is required'];
    if (agent !== undefined && !AGENT_ID_PATTERN.test(agent)) {
      return ['agent', "agent must be up to 64 letters, digits or '-', the first a letter or digit"];
    }
    if (agent !== undefined && !this.#agents.has(agent)) this.#agents.set(agent, new Map());
    if (this.#agents.size > MAX_STATE_AGENTS) return ['agent', `more than ${MAX_STATE_AGENTS} agents; split the file`];
    if (cells.skill === undefined && skillId === undefined) {
      return level === undefined && !owned ? undefined : ['skill', 'skill or skill_id is required'];
    }
    if (skillId !== undefined && !skillIdText.safeParse(skillId).success) {
      return ['skill_id', "skill_id must be a skill's id: up to 64 letters, digits, '_', '.' or '-'"];
    }
    const skill = toSkillRef(cells);
    if (typeof skill === 'string') return ['group', skill];
    if (owned) this.#exclusive.set(skillKey(skill), skill);
    if (agent === undefined) return level === undefined ? undefined : ['agent', 'agent is required with a level'];
    return this.#give(agent, skill, level, line);
  }

  state(): DesiredState {
    return {
      agents: [...this.#agents].map(([agentId, skills]) => ({
        agentId,
        skills: [...skills.values()].map(({ skill, level }) => ({ skill, level })),
      })),
      exclusive: [...this.#exclusive.values()],
    };
  }

  #give(agent: string, skill: SkillRef, level: string | undefined, line: number): [Column, string] | undefined {
    if (level === undefined || !/^\d$/.test(level) || Number(level) < MIN_LEVEL || Number(level) > MAX_LEVEL) {
      return ['level', `level must be a whole number from ${MIN_LEVEL} to ${MAX_LEVEL}`];
    }
    const skills = this.#agents.get(agent);
    const before = skills?.get(skillKey(skill));
    if (before !== undefined) {
      return ['skill', `agent ${agent} is given ${describeSkill(skill)} in line ${before.line} too`];
    }
    skills?.set(skillKey(skill), { skill, level: Number(level), line });
    return undefined;
  }
}

/** Undefined for neither. */
function readYesNo(cell: string | undefined): boolean | undefined {
  if (cell === undefined || /^(?:no|false|0)$/i.test(cell)) return false;
  return /^(?:yes|true|1)$/i.test(cell) ? true : undefined;
}
