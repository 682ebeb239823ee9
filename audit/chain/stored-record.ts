import { sha256Hex } from './canonical-json.ts';
import { hashOfRecord } from './link.ts';
import { microsOf } from './record-time.ts';

/** A record as it is stored, with the columns of its key. */
export interface StoredRecord {
  record: unknown;
  tenantId: string;
  id: string;
  timeMicros: number;
}

/** What a record is sealed with: the hash of its canonical JSON or, where it has none, of the text the database has. */
export function sealOfRecord(record: unknown, text: () => string): string {
  return hashOfRecord(record) ?? sha256Hex(text());
}

/** Names of the key's columns that say something else than the record. */
export function differingKey({ record, tenantId, id, timeMicros }: StoredRecord): string[] {
  const columns: [string, unknown, unknown][] = [
    ['tenant_id', tenantId, member(member(record, 'data'), 'tenantId')],
    ['id', id, member(record, 'id')],
    ['time', timeMicros, microsOf(member(record, 'time'))],
  ];
  return columns.filter(([, column, own]) => column !== own).map(([name]) => name);
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}
