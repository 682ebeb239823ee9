import { inFields, takeItems, type BulkDefaults, type BulkItem } from './bulk-input.ts';
import { changeOf, columnOfField, inColumns } from './bulk-table.ts';
import type { Candidate } from './candidate.ts';
import { readCsv, type CsvRow } from './csv.ts';
import { readJsonLines, type JsonLine } from './json-lines.ts';
import type { FileProblems } from './problem.ts';
import { asWritten } from './csv-row.ts';
import { REPORT_COLUMNS, type ReportColumn, type ReportFormat } from './report.ts';

interface Failed {
  candidates: Candidate[];
  problems: FileProblems;
}

/** Not what a person has decided about, and not what may still happen: that would be done twice. */
const RETRIED = ['rejected', 'failed', 'cancelled', 'not-submitted'];
/** Beyond what a file can hold. */
const MAX_LINES = 1_000_000;

/**
 * Reads the failed requests of a report, to be made again by whom and why `order` says. Never throws; with any problem
 * there are no items.
 */
export function readFailed(
  text: string,
  format: ReportFormat,
  order: BulkDefaults,
): { items: BulkItem[]; problems: FileProblems } {
  const { candidates, problems } = format === 'csv' ? failedInTable(text, order) : failedInLines(text, order);
  return { items: takeItems(candidates, order, problems), problems };
}

/** A request has a row for each of its changes, wherever a person has sorted them to. */
function failedInTable(text: string, order: BulkDefaults): Failed {
  const { rows, problems, columnOf } = readCsv(text, { columns: REPORT_COLUMNS, maxRows: MAX_LINES });
  const byRequest = new Map<string, CsvRow<ReportColumn>[]>();
  for (const row of rows.map(unquoted)) {
    if (!RETRIED.includes(row.cells.status ?? '')) continue;
    const key = `${row.cells.agent} ${row.cells.request_id}`;
    byRequest.set(key, [...(byRequest.get(key) ?? []), row]);
  }
  const candidates = [...byRequest.values()].map((group): Candidate => {
    const rowOf = (path: string): CsvRow<ReportColumn> | undefined => group[Number(path.split('.')[1] ?? 0)];
    const cells = group[0]?.cells ?? {};
    const line = group[0]?.line ?? 1;
    return {
      value: {
        ...(cells.agent === undefined ? {} : { agentId: cells.agent }),
        changes: group.map((row) => changeOf(row.cells)),
        ...ticketOf(cells.ticket, order),
      },
      line: Number.parseInt(cells.line ?? '', 10) || line,
      positionOf: (path) => ({ line: rowOf(path)?.line ?? line, column: columnOf(columnOfField(path)) }),
      wordingOf: (path, message) => inColumns(path, message, rowOf(path)?.cells ?? {}),
    };
  });
  return { candidates, problems };
}

function unquoted({ line, cells }: CsvRow<ReportColumn>): CsvRow<ReportColumn> {
  const written = Object.entries(cells).map(([name, cell]) => [name, asWritten(cell)]);
  return { line, cells: Object.fromEntries(written) as CsvRow<ReportColumn>['cells'] };
}

function failedInLines(text: string, order: BulkDefaults): Failed {
  const { lines, problems } = readJsonLines(text, MAX_LINES);
  const candidates = lines.flatMap((entry): Candidate[] => {
    const read = reportLineOf(entry.value);
    if (read !== undefined) return RETRIED.includes(read.status) ? [failedInLine(entry, read.request, order)] : [];
    problems.add(entry.line, 1, 'the line is not from a report: it needs a request and a status');
    return [];
  });
  return { candidates, problems };
}

function reportLineOf(value: unknown): { status: string; request: Record<string, unknown> } | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { status, request } = value as Record<string, unknown>;
  if (typeof status !== 'string' || typeof request !== 'object' || request === null) return undefined;
  return { status, request: request as Record<string, unknown> };
}

function failedInLine(entry: JsonLine, request: Record<string, unknown>, order: BulkDefaults): Candidate {
  const { agentId, changes, ticket, line } = request;
  return {
    value: { agentId, changes, ...ticketOf(ticket, order) },
    line: typeof line === 'number' ? line : entry.line,
    positionOf: (path) => entry.positionOf(['request', ...path.split('.')]),
    wordingOf: inFields,
  };
}

/** A new ticket takes the place of the old one. */
function ticketOf(ticket: unknown, order: BulkDefaults): { ticket?: unknown } {
  return ticket === undefined || order.ticket !== undefined ? {} : { ticket };
}
