import { CsvError, parse } from 'csv-parse/sync';
import { FileProblems } from './problem.ts';

/** Which columns a table may have, by name. */
export type CsvColumns<Name extends string> = Readonly<Record<Name, 'required' | 'optional'>>;

export interface CsvRow<Name extends string> {
  line: number;
  /** Without surrounding blanks; an empty cell is absent. */
  cells: Partial<Record<Name, string>>;
}

export interface CsvTable<Name extends string> {
  /** Those without a problem of their own. */
  rows: CsvRow<Name>[];
  /** The number of a column, from 1; 1 for a column that the table does not have. */
  columnOf(name: Name): number;
  hasColumn(name: Name): boolean;
  problems: FileProblems;
}

export interface CsvOptions<Name extends string> {
  columns: CsvColumns<Name>;
  /** No more rows are read; that there are more is a problem. */
  maxRows: number;
}

/** A row longer than this is a quote that nobody closed. */
const MAX_ROW_LENGTH = 100_000;
const DELIMITERS = [',', ';', '\t'];

/**
 * Reads a table with a header from a text of {@link decodeText}, its columns in any order. Cells are separated by comma, semicolon or tab, whichever the
 * header uses. Never throws: what is wrong is in `problems`. Nothing is read after a wrong quote, since where rows begin
 * is then a guess.
 */
export function readCsv<Name extends string>(text: string, { columns, maxRows }: CsvOptions<Name>): CsvTable<Name> {
  const problems = new FileProblems();
  const rows: CsvRow<Name>[] = [];
  let header: readonly (Name | undefined)[] | undefined;
  let lastLine = 0;
  let count = 0;

  function take(record: readonly string[], endLine: number): void {
    const line = endLine - lineBreaksIn(record);
    lastLine = endLine;
    if (header === undefined) {
      header = readHeader(record, line, columns, problems);
      return;
    }
    count += 1;
    if (count > maxRows) {
      problems.add(line, 1, `the table has more than ${maxRows} rows; split it`);
    } else if (record.length !== header.length) {
      const missing = Math.min(record.length, header.length) + 1;
      problems.add(line, missing, `the row has ${cellsText(record.length)}, the header has ${header.length}`);
    } else {
      const cells = readCells(record, line, header, problems);
      if (cells !== undefined) rows.push({ line, cells });
    }
  }

  try {
    parse(text, {
      delimiter: delimiterOf(text, Object.keys(columns)),
      record_delimiter: '\n',
      max_record_size: MAX_ROW_LENGTH,
      trim: true,
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      // The header, and one row too many.
      to: maxRows + 2,
      on_record: (record, { lines }) => {
        take(record, lines);
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const cell = typeof error['column'] === 'number' ? error['column'] + 1 : 1;
    problems.add(nextLine(text, lastLine), cell, wordingOf(error));
  }
  if (header === undefined && problems.count === 0) problems.add(1, 1, 'the file is empty; a header is required');
  const names = header ?? [];
  return {
    rows,
    columnOf: (name) => Math.max(names.indexOf(name), 0) + 1,
    hasColumn: (name) => names.includes(name),
    problems,
  };
}

/** The one that finds most of the names in the header. */
function delimiterOf(text: string, names: readonly string[]): string {
  const header = /\S.*/.exec(text.slice(0, MAX_ROW_LENGTH))?.[0] ?? '';
  const found = (delimiter: string): number =>
    header.split(delimiter).filter((cell) => names.includes(toName(cell.trim().replaceAll(/^"|"$/g, '')))).length;
  return DELIMITERS.reduce((best, delimiter) => (found(delimiter) > found(best) ? delimiter : best));
}

function toName(cell: string): string {
  return cell.trim().toLowerCase();
}

/** The columns' names by position; of one that is not known, undefined. */
function readHeader<Name extends string>(
  record: readonly string[],
  line: number,
  columns: CsvColumns<Name>,
  problems: FileProblems,
): (Name | undefined)[] {
  const known = Object.keys(columns) as Name[];
  const names = record.map((cell, index) => {
    const name = known.find((candidate) => candidate === toName(cell));
    if (name === undefined)
      problems.add(line, index + 1, `"${shortened(cell)}" is no column; there are ${known.join(', ')}`);
    return name;
  });
  const seen = new Set<Name>();
  for (const [index, name] of names.entries()) {
    if (name !== undefined && seen.has(name)) problems.add(line, index + 1, `the column ${name} is there twice`);
    if (name !== undefined) seen.add(name);
  }
  for (const name of known) {
    if (columns[name] === 'required' && !seen.has(name)) problems.add(line, 1, `the column ${name} is missing`);
  }
  return names;
}

function readCells<Name extends string>(
  record: readonly string[],
  line: number,
  header: readonly (Name | undefined)[],
  problems: FileProblems,
): Partial<Record<Name, string>> | undefined {
  const cells: Partial<Record<Name, string>> = {};
  const before = problems.count;
  for (const [index, value] of record.entries()) {
    const name = header[index];
    const problem = problemOfCell(value);
    if (problem !== undefined) problems.add(line, index + 1, problem);
    if (name !== undefined && value !== '') cells[name] = value;
  }
  return problems.count === before ? cells : undefined;
}

function problemOfCell(value: string): string | undefined {
  if (/\p{Cc}/u.test(value)) return 'a cell must not contain line breaks, tabs or other control characters';
  if (!isFormula(value)) return undefined;
  return `a cell must not begin with ${value[0]}, since spreadsheets take it for a formula`;
}

/** What a spreadsheet would carry out. A number with its sign is harmless. */
export function isFormula(value: string): boolean {
  return /^[=+\-@\t\r＝＋－＠]/.test(value) && !/^[+-]?\d+(?:[.,]\d+)?$/.test(value);
}

function wordingOf({ code }: CsvError): string {
  const rest = 'what follows was not read';
  switch (code) {
    case 'CSV_QUOTE_NOT_CLOSED':
    case 'CSV_MAX_RECORD_SIZE':
      return `a quote (") is not closed, or the row is longer than ${MAX_ROW_LENGTH} characters; ${rest}`;
    case 'CSV_INVALID_CLOSING_QUOTE':
    case 'INVALID_OPENING_QUOTE':
      return `a quote (") stands inside a cell; put the whole cell in quotes and double the quotes in it; ${rest}`;
    default:
      return `the table can't be read (${code}); ${rest}`;
  }
}

/** The first line after `last` that is not blank. */
function nextLine(text: string, last: number): number {
  const lines = text.split('\n');
  const next = lines.findIndex((content, index) => index >= last && content.trim() !== '');
  return next < 0 ? lines.length : next + 1;
}

function lineBreaksIn(record: readonly string[]): number {
  return record.reduce((sum, cell) => sum + cell.split('\n').length - 1, 0);
}

function cellsText(count: number): string {
  return count === 1 ? '1 cell' : `${count} cells`;
}

function shortened(cell: string): string {
  return cell.length > 40 ? `${cell.slice(0, 40)}…` : cell;
}
