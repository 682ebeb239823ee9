import { createHash } from 'node:crypto';
import type { FileProblems } from '../../files/problem.ts';
import { decodeText, MAX_FILE_BYTES, readBytes } from '../../files/text.ts';

/** A file that can't be used. Nothing was sent. */
export class InvalidFileError extends Error {
  readonly code = 'invalid-file';
  readonly details: Readonly<Record<string, unknown>>;

  constructor(file: string, message: string, problems?: readonly { path: string; message: string }[], leftOut = 0) {
    super(`${file} ${message}. Nothing was sent.`);
    this.details = {
      file,
      ...(problems === undefined ? {} : { problems }),
      ...(leftOut === 0 ? {} : { leftOut }),
    };
  }
}

export interface InputFile {
  text: string;
  /** Of its bytes, in hex. */
  sha256: string;
}

/** Reads a file of somebody's as text. Throws {@link InvalidFileError}. */
export async function readInputFile(path: string): Promise<InputFile> {
  const bytes = await readBytes(path).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new InvalidFileError(path, `can't be read (${code})`);
  });
  if (bytes === undefined) throw new InvalidFileError(path, `is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB`);
  const decoded = decodeText(bytes);
  if (!decoded.ok) {
    const { line, column, message } = decoded.problem;
    throw new InvalidFileError(path, 'has a problem', [{ path: `${line}:${column}`, message }]);
  }
  return { text: decoded.text, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** The error for a file whose content is wrong; a problem's path is its line and column. */
export function invalidContent(file: string, problems: FileProblems): InvalidFileError {
  const list = problems
    .list()
    .map(({ line, column, message }) => ({ path: `${line}:${column}`, line, column, message }));
  const { count } = problems;
  return new InvalidFileError(file, `has ${count === 1 ? '1 problem' : `${count} problems`}`, list, problems.leftOut);
}
