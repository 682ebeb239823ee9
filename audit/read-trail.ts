import type { AuditRecord } from '../domain/audit-record.ts';
import { readLines } from './lines.ts';
import { parseRecordLine } from './record-line.ts';

export interface ReadTrailOptions {
  /** Told the number (from 1) of each line that is no record: one torn by a crash, or one that was damaged. */
  onBrokenLine?: (lineNumber: number) => void;
}

/**
 * The records of a trail in the order in which they were written, each id once. A torn last line is left out: nobody was
 * told that it was recorded. Throws the file system's error if the file can't be read.
 */
export async function* readTrail(path: string, options: ReadTrailOptions = {}): AsyncGenerator<AuditRecord> {
  const seen = new Set<string>();
  let lineNumber = 0;
  for await (const { text, finished } of readLines(path)) {
    lineNumber += 1;
    if (text === '') continue;
    const record = finished ? parseRecordLine(text) : undefined;
    if (record === undefined) {
      options.onBrokenLine?.(lineNumber);
      continue;
    }
    if (seen.has(record.id)) continue;
    seen.add(record.id);
    yield record;
  }
}
