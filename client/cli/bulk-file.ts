import { readBulkInput, type BulkDefaults, type BulkFormat, type BulkItem } from '../../files/bulk-input.ts';
import type { FileProblems } from '../../files/problem.ts';
import { readFailed } from '../../files/report-input.ts';
import type { ReportFormat } from '../../files/report.ts';
import { invalidContent, readInputFile } from './input-file.ts';

export interface FileOfRequests {
  items: BulkItem[];
  /** SHA-256 of its bytes. */
  digest: string;
}

/** Reads a file of requests. Throws `InvalidFileError` with everything that is wrong with it. */
export async function readRequests(path: string, format: BulkFormat, defaults: BulkDefaults): Promise<FileOfRequests> {
  return read(path, (text) => readBulkInput(text, format, defaults));
}

/** Reads the failed requests of a report; there may be none. Throws `InvalidFileError`. */
export async function readFailedRequests(
  path: string,
  format: ReportFormat,
  order: BulkDefaults,
): Promise<FileOfRequests> {
  return read(path, (text) => readFailed(text, format, order));
}

async function read(
  file: string,
  parse: (text: string) => { items: BulkItem[]; problems: FileProblems },
): Promise<FileOfRequests> {
  const { text, sha256 } = await readInputFile(file);
  const { items, problems } = parse(text);
  if (problems.count > 0) throw invalidContent(file, problems);
  return { items, digest: sha256 };
}
