import { skillKey, type DesiredSkill } from '../domain/desired-state.ts';
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
  const agents = new Map<string, Map<string, DesiredSkill & { line: number }>>();
  const exclusive = new Map<string, SkillRef>();

  const read = ({ line, cells }: CsvRow<Column>): void => {
    const report = (column: Column, message: string): void => problems.add(line, table.columnOf(column), message);
    const { agent, level } = cells;
    const owned = readYesNo(cells.exclusive);
    if (owned === undefined) return report('exclusive', 'exclusive must be yes or no');
    if (agent === undefined && !owned) return report('agent', 'agent is required');
    if (agent !== undefined && !AGENT_ID_PATTERN.test(agent)) {
      return report('agent', "agent must be up to 64 letters, digits or '-', the first a letter or digit");
    }
    const skills = agent === undefined ? undefined : (agents.get(agent) ?? new Map<string, never>());
    if (agent !== undefined && skills !== undefined) agents.set(agent, skills);
    if (agents.size > MAX_STATE_AGENTS) return report('agent', `more than ${MAX_STATE_AGENTS} agents; split the file`);
    if (cells.skill === undefined && cells.skill_id === undefined) {
      if (level !== undefined || owned) report('skill', 'skill or skill_id is required');
      return;
    }
    if (cells.skill_id !== undefined && !skillIdText.safeParse(cells.skill_id).success) {
      return report('skill_id', "skill_id must be a skill's id: up to 64 letters, digits, '_', '.' or '-'");
    }
    const skill = toSkillRef(cells as Parameters<typeof toSkillRef>[0]);
    if (typeof skill === 'string') return report('group', skill);
    const key = skillKey(skill);
    if (owned) exclusive.set(key, skill);
    if (skills === undefined) {
      if (level !== undefined) report('agent', 'agent is required with a level');
      return;
    }
    if (level === undefined || !/^\d$/.test(level) || Number(level) < MIN_LEVEL || Number(level) > MAX_LEVEL) {
      return report('level', `level must be a whole number from ${MIN_LEVEL} to ${MAX_LEVEL}`);
    }
    const before = skills.get(key);
    if (before !== undefined) {
      return report('skill', `agent ${agent ?? ''} is given ${describeSkill(skill)} in line ${before.line} too`);
    }
    skills.set(key, { skill, level: Number(level), line });
  };

  for (const row of table.rows) read(row);
  if (problems.count > 0) return { ok: false, problems };
  return {
    ok: true,
    state: {
      agents: [...agents].map(([agentId, skills]) => ({
        agentId,
        skills: [...skills.values()].map(({ skill, level }) => ({ skill, level })),
      })),
      exclusive: [...exclusive.values()],
    },
  };
}

/** Undefined for neither. */
function readYesNo(cell: string | undefined): boolean | undefined {
  if (cell === undefined || /^(?:no|false|0)$/i.test(cell)) return false;
  return /^(?:yes|true|1)$/i.test(cell) ? true : undefined;
}
