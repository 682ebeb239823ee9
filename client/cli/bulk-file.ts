import { readBulkInput, type BulkDefaults, type BulkFormat, type BulkItem } from '../../files/bulk-input.ts';
import { digestOf } from '../../files/pages.ts';
import type { FileProblems } from '../../files/problem.ts';
import { readFailed } from '../../files/report-input.ts';
import type { ReportFormat } from '../../files/report.ts';
import { decodeText, MAX_FILE_BYTES, readBytes } from '../../files/text.ts';

/** A file that can't be used. Nothing was sent. */
export class InvalidFileError extends Error {
  readonly code = 'invalid-file';
  readonly details: Readonly<Record<string, unknown>>;

  constructor(message: string, details: { file: string; problems?: readonly object[]; leftOut?: number }) {
    super(message);
    this.details = details;
  }
}

export interface FileOfRequests {
  items: BulkItem[];
  /** SHA-256 of its bytes. */
  digest: string;
}

/** Reads a file of requests. Throws {@link InvalidFileError} with everything that is wrong with it. */
export async function readRequests(path: string, format: BulkFormat, defaults: BulkDefaults): Promise<FileOfRequests> {
  return read(path, (text) => readBulkInput(text, format, defaults));
}

/** Reads the failed requests of a report; there may be none. Throws {@link InvalidFileError}. */
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
  const bytes = await readBytes(file).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new InvalidFileError(`${file} can't be read (${code}).`, { file });
  });
  if (bytes === undefined) {
    throw new InvalidFileError(`${file} is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB; split it.`, { file });
  }
  const decoded = decodeText(bytes);
  if (!decoded.ok) throw new InvalidFileError(messageFor(file, 1), { file, problems: [decoded.problem] });
  const { items, problems } = parse(decoded.text);
  if (problems.count === 0) return { items, digest: digestOf(bytes) };
  throw new InvalidFileError(messageFor(file, problems.count), {
    file,
    problems: problems.list(),
    ...(problems.leftOut > 0 ? { leftOut: problems.leftOut } : {}),
  });
}

function messageFor(file: string, count: number): string {
  return `${file} has ${count === 1 ? '1 problem' : `${count} problems`}. Nothing was sent. Correct the file and submit it again.`;
}
