import type { AuditRecord } from '../domain/audit-record.ts';
import { describeProblems, toFieldProblems, wording } from '../domain/field-problem.ts';
import { AuditUnrecordableError } from './errors.ts';
import { auditRecordSchemaFor } from './record.schema.ts';

/** A record ready to be written. */
export interface RecordLine {
  id: string;
  /** One line of UTF-8 JSON with its newline. */
  bytes: Buffer;
}

/** The largest record a trail takes, in bytes, newline included. */
export const MAX_RECORD_BYTES = 262_144;

/** More than any id of ours takes, escaped. In a line of megabytes the pattern would run out of stack. */
const MAX_HEAD_CHARS = 10_000;

/** Turns records into lines, or throws one `AuditUnrecordableError` that names each record at fault. */
export function toRecordLines(records: readonly AuditRecord[]): RecordLine[] {
  const refused: { id: string | undefined; why: string }[] = [];
  const lines = records.flatMap((record) => {
    const line = toLine(record);
    if ('bytes' in line) return [line];
    refused.push(line);
    return [];
  });
  if (refused.length === 0) return lines;
  throw new AuditUnrecordableError(
    `The audit trail can't take ${refused.map(({ id, why }) => `record ${id ?? 'without an id'} (${why})`).join(', ')}.`,
    refused.flatMap(({ id }) => id ?? []),
  );
}

/**
 * The id of a line that has the form in which this project writes; undefined for any other. Cheap enough to look through
 * a whole trail; the rest of the line may still be torn.
 */
export function idOfLine(line: string): string | undefined {
  const quoted = /^\{"specversion":"1\.0","id":("(?:[^"\\]|\\.)*")/.exec(line.slice(0, MAX_HEAD_CHARS))?.[1];
  const id = quoted === undefined ? undefined : parseJson(quoted);
  return typeof id === 'string' ? id : undefined;
}

/** Reads a line back; undefined if it is torn or not a record. */
export function parseRecordLine(line: string): AuditRecord | undefined {
  const value = parseJson(line);
  return auditRecordSchemaFor(value).safeParse(value).data;
}

function toLine(record: AuditRecord): RecordLine | { id: string | undefined; why: string } {
  let id: string | undefined;
  try {
    if (typeof record.id === 'string') id = record.id.slice(0, 500);
    const parsed = auditRecordSchemaFor(record).safeParse(record, { error: wording });
    if (!parsed.success) return { id, why: describeProblems(toFieldProblems(parsed.error)) };
    const bytes = Buffer.from(`${JSON.stringify(parsed.data)}\n`);
    if (bytes.length > MAX_RECORD_BYTES) return { id, why: `larger than ${MAX_RECORD_BYTES} bytes` };
    return { id: parsed.data.id, bytes };
  } catch (error) {
    return { id, why: error instanceof Error ? error.message : 'not a record' };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
