import { isFormula } from './csv.ts';

/** A line of a table, of cells that no spreadsheet takes for a formula. */
export function writeCsvRow(cells: readonly string[]): string {
  return `${cells.map(writeCell).join(',')}\r\n`;
}

function writeCell(value: string): string {
  const safe = harmless(value.replaceAll(/\p{Cc}+/gu, ' '));
  return /[",;]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** An apostrophe before it keeps a spreadsheet from carrying a cell out; {@link asWritten} takes it away again. */
function harmless(value: string): string {
  return hidesFormula(value) ? `'${value}` : value;
}

/** A cell of a table made by {@link writeCsvRow} as it was before. */
export function asWritten(cell: string): string {
  return cell.startsWith("'") && hidesFormula(cell) ? cell.slice(1) : cell;
}

/** Some programs drop the blanks before a cell's text, some an apostrophe. */
function hidesFormula(value: string): boolean {
  return isFormula(value.replace(/^[\s']+/, ''));
}
