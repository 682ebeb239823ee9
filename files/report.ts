import type { ChangeOutcome, Problem, RequestOutcome } from '../domain/outcome.ts';
import type { SkillChange } from '../domain/request.ts';
import type { CsvColumns } from './csv.ts';
import { writeCsvRow } from './csv-row.ts';
import type { PagedRequest } from './pages.ts';

/** One request of a bulk and what became of it. */
export interface ReportLine {
  request: Omit<PagedRequest, 'line'> & { line?: number };
  status: string;
  outcome?: RequestOutcome;
  /** Why it waits for a person. */
  reason?: string;
  problem?: Problem;
}

/** A report has the columns of a table of changes, so that it can be read, sorted and cut like one. */
export const REPORT_COLUMNS = {
  line: 'optional',
  agent: 'required',
  action: 'required',
  skill_id: 'optional',
  skill: 'optional',
  group: 'optional',
  level: 'optional',
  expected_level: 'optional',
  status: 'required',
  before: 'optional',
  after: 'optional',
  problem_code: 'optional',
  problem: 'optional',
  toggles: 'optional',
  conflicts: 'optional',
  request_id: 'required',
  ticket: 'optional',
  reason: 'optional',
  by: 'optional',
} as const satisfies CsvColumns<string>;

export type ReportColumn = keyof typeof REPORT_COLUMNS;
export type ReportFormat = 'csv' | 'jsonl';

type Row = Record<ReportColumn, string>;

const NAMES = Object.keys(REPORT_COLUMNS) as ReportColumn[];

/** The first line of a report as a table. */
export const CSV_HEADER = `${NAMES.join(',')}\r\n`;

/** A request as rows, one for each of its changes. */
export function toCsv(line: ReportLine): string {
  return line.request.changes
    .map((change, index) => toRow(line, change, index))
    .map((row) => writeCsvRow(NAMES.map((name) => row[name])))
    .join('');
}

/** A request as a line of JSON. */
export function toJsonLine(line: ReportLine): string {
  return `${JSON.stringify(line)}\n`;
}

function toRow({ request, status, outcome, reason, problem }: ReportLine, change: SkillChange, index: number): Row {
  const { skill } = change;
  const result: ChangeOutcome | undefined = outcome?.changes[index];
  const trouble = problem ?? outcome?.problem;
  return {
    line: text(request.line),
    agent: request.agentId,
    action: change.action,
    skill_id: 'skillId' in skill ? skill.skillId : '',
    skill: skill.name ?? '',
    group: 'skillGroup' in skill ? text(skill.skillGroup) : '',
    level: change.action === 'assign' ? text(change.level) : '',
    expected_level: text(change.expectedLevel),
    status,
    before: text(result?.previousLevel),
    after: text(result?.level),
    problem_code: reason ?? trouble?.code ?? '',
    problem: trouble?.message ?? '',
    toggles: text(outcome?.toggles),
    conflicts: text(outcome?.conflicts),
    request_id: request.requestId,
    ticket: request.ticket ?? '',
    reason: request.reason,
    by: request.requestedBy,
  };
}

function text(value: string | number | undefined): string {
  return value === undefined ? '' : String(value);
}
