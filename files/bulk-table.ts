import type { Candidate } from './candidate.ts';
import { readCsv, type CsvColumns, type CsvRow, type CsvTable } from './csv.ts';
import type { FileProblems } from './problem.ts';

/** The columns of a table of changes; a report has them too. */
const CHANGE_COLUMNS = {
  agent: 'required',
  action: 'optional',
  skill_id: 'optional',
  skill: 'optional',
  group: 'optional',
  level: 'optional',
  expected_level: 'optional',
  reason: 'optional',
  ticket: 'optional',
  by: 'optional',
} as const satisfies CsvColumns<string>;

type ChangeColumn = keyof typeof CHANGE_COLUMNS;

/** Reads a table with one change a row. Without a column `action` each row assigns a skill. */
export function readBulkTable(
  text: string,
  maxRows: number,
): { candidates: Iterable<Candidate>; problems: FileProblems } {
  const table = readCsv(text, { columns: CHANGE_COLUMNS, maxRows });
  const { rows, problems, hasColumn } = table;
  if (problems.count === 0 && !hasColumn('skill') && !hasColumn('skill_id')) {
    problems.add(1, 1, 'the column skill or skill_id is missing');
  }
  if (problems.count === 0 && rows.length === 0) problems.add(1, 1, 'the table has no rows');
  return { candidates: rows.map((row) => candidateOf(row, table)), problems };
}

function candidateOf({ line, cells }: CsvRow<ChangeColumn>, table: CsvTable<ChangeColumn>): Candidate {
  return {
    value: {
      ...optional('agentId', cells.agent),
      changes: [changeOf(table.hasColumn('action') ? cells : { ...cells, action: 'assign' })],
      ...optional('requestedBy', cells.by),
      ...optional('reason', cells.reason),
      ...optional('ticket', cells.ticket),
    },
    line,
    positionOf: (path) => ({ line, column: table.columnOf(columnOfField(path)) }),
    wordingOf: (path, message) => inColumns(path, message, cells),
  };
}

/** One row's wish, as far as it makes one; the request's schema judges it. */
export function changeOf(cells: Partial<Record<ChangeColumn, string>>): object {
  return {
    ...optional('action', cells.action?.toLowerCase()),
    skill: {
      ...optional('skillId', cells.skill_id),
      ...optional('name', cells.skill),
      ...optional('skillGroup', cells.group),
    },
    ...(cells.level === undefined ? {} : { level: toLevel(cells.level) }),
    ...(cells.expected_level === undefined ? {} : { expectedLevel: toLevel(cells.expected_level) }),
  };
}

/** More digits than a double keeps would round 5.00000000000000001 into the range. What is no number stays a text. */
function toLevel(cell: string): number | string {
  return /^[+-]?\d{1,6}(?:\.\d{1,6})?$/.test(cell) ? Number(cell) : cell;
}

/** The column that holds a field of a request. */
export function columnOfField(path: string): ChangeColumn {
  const [field, , ofChange, ofSkill] = path.split('.');
  switch (field) {
    case 'agentId':
      return 'agent';
    case 'requestedBy':
      return 'by';
    case 'reason':
    case 'ticket':
      return field;
    default:
      break;
  }
  if (ofChange === 'level' || ofChange === 'action') return ofChange;
  if (ofChange === 'expectedLevel') return 'expected_level';
  if (ofSkill === 'skillId') return 'skill_id';
  return ofSkill === 'skillGroup' ? 'group' : 'skill';
}

/** The schema's words, or those of the table where it speaks of fields that no column has. */
export function inColumns(path: string, message: string, cells: Partial<Record<ChangeColumn, string>>): string {
  const column = columnOfField(path);
  if (column === 'skill' && cells.skill === undefined) return 'skill is required, or skill_id';
  if (column === 'group' && cells.skill_id !== undefined) return 'group must be empty where skill_id is given';
  if (column === 'level' && cells.action?.toLowerCase() === 'remove') return 'level must be empty to remove a skill';
  if (column === 'level' && Number(cells.level) === 0)
    return `level ${message}; to take a skill away use action remove`;
  return `${column} ${message}`;
}

function optional<Name extends string>(name: Name, value: string | undefined): { [K in Name]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { [K in Name]?: string });
}
