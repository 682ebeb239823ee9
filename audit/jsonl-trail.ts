import { open, type FileHandle } from 'node:fs/promises';
import type { AuditRecord } from '../domain/audit-record.ts';
import { AuditUnreadableError } from './errors.ts';
import { readLines } from './lines.ts';
import { openRecords } from './open-records.ts';
import { parseRecordLine } from './record-line.ts';
import { isWanted, type AuditTrail, type TrailQuery } from './trail.ts';

/** Where a record stands. Contents stay in the files until it is their turn. */
interface Place {
  at: number;
  file: number;
  offset: number;
  length: number;
}

/**
 * A trail of JSON lines in one or several files: of several hosts, or rotated. It keeps some forty bytes of each record
 * that is wanted, and the ids of all.
 */
export function createJsonlTrail(paths: readonly string[]): AuditTrail {
  let broken = 0;

  async function* read(query: TrailQuery): AsyncGenerator<AuditRecord> {
    broken = 0;
    const files: FileHandle[] = [];
    try {
      // Opened before they are looked through: a file that is rotated meanwhile is still the one we have read.
      for (const path of paths) files.push(await opened(path));
      const places: Place[] = [];
      const seen = new Set<string>();
      for (const [file, handle] of files.entries()) await find(handle, file, query, seen, places);
      places.sort((a, b) => a.at - b.at || a.file - b.file || a.offset - b.offset);
      for (const place of places) {
        const handle = files[place.file];
        if (handle !== undefined) yield await recordAt(handle, place, paths[place.file] ?? '');
      }
    } finally {
      await Promise.all(files.map((file) => file.close()));
    }
  }

  async function find(
    handle: FileHandle,
    file: number,
    query: TrailQuery,
    seen: Set<string>,
    places: Place[],
  ): Promise<void> {
    for await (const { text, finished, offset, length } of readLines(handle)) {
      if (text === '') continue;
      const record = finished ? parseRecordLine(text) : undefined;
      if (record === undefined) {
        broken += 1;
        continue;
      }
      if (seen.has(record.id)) continue;
      seen.add(record.id);
      if (isWanted(record, query)) places.push({ at: Date.parse(record.time), file, offset, length });
    }
  }

  return {
    source: paths.join(', '),
    get broken() {
      return broken;
    },
    read,
    readOpen: (query) => openRecords(read, query),
  };
}

async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new AuditUnreadableError(`The audit trail ${path} can't be read: ${why}`, { cause: error });
  }
}

async function recordAt(handle: FileHandle, { offset, length }: Place, path: string): Promise<AuditRecord> {
  const bytes = Buffer.alloc(length);
  await handle.read(bytes, 0, length, offset);
  const record = parseRecordLine(bytes.toString('utf8'));
  if (record !== undefined) return record;
  throw new AuditUnreadableError(`The audit trail ${path} was changed while it was read. Read it again.`);
}
