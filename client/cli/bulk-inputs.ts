import { extname } from 'node:path';
import { BULK_ID_PATTERN } from '../../domain/bulk.ts';
import type { FieldProblem } from '../../domain/field-problem.ts';
import type { BulkDefaults, BulkFormat } from '../../files/bulk-input.ts';
import type { ReportFormat } from '../../files/report.ts';
import type { BulkOrder } from '../bulk.ts';
import type { FlagValues } from './inputs.ts';
import { problemsOfTexts } from './text-inputs.ts';

const INPUT_FORMATS: Readonly<Record<string, BulkFormat>> = {
  '.csv': 'csv',
  '.yaml': 'yaml',
  '.yml': 'yaml',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
};
const REPORT_FORMATS: Readonly<Record<string, ReportFormat>> = { '.csv': 'csv', '.jsonl': 'jsonl' };

/** What is wrong with the values of a bulk command's flags, by flag. */
export function problemsOfBulkValues(command: string, values: FlagValues): FieldProblem[] {
  return [...problemsOfId(values), ...problemsOfPaths(command, values), ...problemsOfTexts(values)];
}

/** How a file of requests is written: as `--format` says, else as its name ends. */
export function inputFormat(values: FlagValues): BulkFormat | undefined {
  return (values.get('format') as BulkFormat | undefined) ?? INPUT_FORMATS[endingOf(values.get('file'))];
}

/** How a report is written: as its name ends. */
export function reportFormat(path: string): ReportFormat | undefined {
  return REPORT_FORMATS[endingOf(path)];
}

/** Requests a minute; undefined for as many as the tenant's pace lets through. */
export function perMinute(values: FlagValues): { perMinute?: number } {
  const rate = values.get('rate');
  return rate === undefined || rate === 'max' ? {} : { perMinute: Number(rate) };
}

/** Who asks and why, for requests that do not say it themselves. */
export function toDefaults(values: FlagValues): BulkDefaults {
  const ticket = values.get('ticket');
  return {
    requestedBy: values.get('by') ?? '',
    reason: values.get('reason') ?? '',
    ...(ticket === undefined ? {} : { ticket }),
  };
}

export function toBulkOrder(values: FlagValues): BulkOrder {
  return { bulkId: values.get('bulk') ?? '', by: values.get('by') ?? '', note: values.get('note') ?? '' };
}

function endingOf(path = ''): string {
  return extname(path).toLowerCase();
}

function problemsOfId(values: FlagValues): FieldProblem[] {
  const id = values.get('bulk');
  if (id === undefined || BULK_ID_PATTERN.test(id)) return [];
  return [{ path: '--bulk', message: "must be 1 to 64 letters, digits, '_' or '-'" }];
}

function problemsOfPaths(command: string, values: FlagValues): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (values.has('file') && inputFormat(values) === undefined) {
    problems.push({ path: '--file', message: 'must end in .csv, .yaml or .jsonl, or have its --format given' });
  }
  for (const name of ['report', 'out']) {
    const path = values.get(name);
    if (path === undefined) continue;
    if (reportFormat(path) === undefined) problems.push({ path: `--${name}`, message: 'must end in .csv or .jsonl' });
  }
  const [from, to] = command === 'bulk submit' ? ['file', 'report'] : ['report', 'out'];
  if (values.has(from) && values.get(from) === values.get(to)) {
    problems.push({ path: `--${to}`, message: `must not be the same as --${from}, which would be lost` });
  }
  return problems;
}
