import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import type { FileProblem } from './problem.ts';

/** What a file may have at most. It is read into memory, several times over. */
export const MAX_FILE_BYTES = 32 * 1024 * 1024;

/** A text whose lines end in `\n`, without a byte order mark; or why the bytes are none. */
export type Decoded = { ok: true; text: string } | { ok: false; problem: FileProblem };

/**
 * Reads a file, or anything else that has a path, up to `limit` bytes. Returns undefined for one that has more; throws
 * what Node throws for one that can't be read.
 */
export async function readBytes(path: string, limit = MAX_FILE_BYTES): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** UTF-8 only: a guessed encoding would turn names into other names. */
export function decodeText(bytes: Buffer): Decoded {
  if (isUtf16(bytes)) return refused(1, 1, 'the file is UTF-16; save it as UTF-8 (in Excel: "CSV UTF-8")');
  if (!isUtf8(bytes)) return notUtf8(bytes);
  const text = new TextDecoder().decode(bytes).replaceAll(/\r\n?/g, '\n');
  const nul = text.indexOf('\0');
  if (nul < 0) return { ok: true, text };
  const before = text.slice(0, nul).split('\n');
  return refused(before.length, (before.at(-1) ?? '').length + 1, 'the file holds a NUL byte, so it is no text');
}

function isUtf16(bytes: Buffer): boolean {
  const [first, second] = bytes;
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

/** A byte of a line break is never a part of another character in UTF-8. */
function notUtf8(bytes: Buffer): Decoded {
  let line = 1;
  let start = 0;
  for (;;) {
    const end = bytes.indexOf('\n', start);
    const content = bytes.subarray(start, end < 0 ? bytes.length : end);
    if (end < 0 || !isUtf8(content)) {
      const column = content.toString('utf8').indexOf('\uFFFD') + 1;
      return refused(line, column, 'the file is not UTF-8; save it as UTF-8 (in Excel: "CSV UTF-8")');
    }
    line += 1;
    start = end + 1;
  }
}

function refused(line: number, column: number, message: string): Decoded {
  return { ok: false, problem: { line, column, message } };
}
