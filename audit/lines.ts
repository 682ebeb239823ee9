import { createReadStream } from 'node:fs';

/** A line of a file, without its newline. Only the last one can be unfinished. */
export interface Line {
  text: string;
  finished: boolean;
}

/**
 * Streams a file line by line. Lines end at a newline only: `node:readline` also splits at U+2028, which JSON leaves as
 * it is inside strings.
 */
export async function* readLines(path: string): AsyncGenerator<Line> {
  let rest: Buffer[] = [];
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, from)) {
      rest.push(chunk.subarray(from, at));
      yield { text: Buffer.concat(rest).toString('utf8'), finished: true };
      rest = [];
      from = at + 1;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
  if (rest.length > 0) yield { text: Buffer.concat(rest).toString('utf8'), finished: false };
}
