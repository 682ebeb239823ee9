import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/** A line of a file, without its newline. Only the last one can be unfinished. */
export interface Line {
  text: string;
  finished: boolean;
  /** Where it begins in the file, and how long it is without its newline, in bytes. */
  offset: number;
  length: number;
}

/**
 * Streams a file, by its path or opened, line by line from its beginning. Lines end at a newline only: `node:readline`
 * also splits at U+2028, which JSON leaves as it is inside strings. An opened file is left open.
 */
export async function* readLines(source: string | FileHandle): AsyncGenerator<Line> {
  let rest: Buffer[] = [];
  let offset = 0;
  const take = (finished: boolean): Line => {
    const bytes = Buffer.concat(rest);
    const line = { text: bytes.toString('utf8'), finished, offset, length: bytes.length };
    offset += bytes.length + 1;
    rest = [];
    return line;
  };
  const stream =
    typeof source === 'string' ? createReadStream(source) : source.createReadStream({ start: 0, autoClose: false });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, from)) {
      rest.push(chunk.subarray(from, at));
      yield take(true);
      from = at + 1;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
  if (rest.length > 0) yield take(false);
}
