import type { FieldProblem } from '../../domain/field-problem.ts';
import { digestOf } from '../../files/pages.ts';
import type { FileProblem, FileProblems } from '../../files/problem.ts';
import { decodeText, MAX_FILE_BYTES, readBytes } from '../../files/text.ts';

/** A file that can't be used. Nothing was sent. `details.problems` says where: by line and column, or by field. */
export class InvalidFileError extends Error {
  readonly code = 'invalid-file';
  readonly details: Readonly<Record<string, unknown>>;

  constructor(file: string, message: string, problems?: readonly (FileProblem | FieldProblem)[], leftOut = 0) {
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
  if (bytes === undefined) {
    throw new InvalidFileError(path, `is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB; split it`);
  }
  const decoded = decodeText(bytes);
  if (!decoded.ok) throw new InvalidFileError(path, 'has 1 problem', [decoded.problem]);
  return { text: decoded.text, sha256: digestOf(bytes) };
}

/** The error for a file whose content is wrong. */
export function invalidContent(file: string, problems: FileProblems): InvalidFileError {
  const { count, leftOut } = problems;
  return new InvalidFileError(file, `has ${count === 1 ? '1 problem' : `${count} problems`}`, problems.list(), leftOut);
}
