import { sha256Hex } from './canonical-json.ts';
import { hashOfRecord } from './link.ts';
import { microsOf } from './record-time.ts';

/** The key of a stored record, as its columns have it. */
export interface StoredKey {
  tenantId: string;
  id: string;
  /** UTC with microseconds. */
  time: string;
}

/** What a record is sealed with: the hash of its canonical JSON or, where it has none, of the text the database has. */
export function sealOfRecord(text: string, record: unknown = JSON.parse(text)): { hash: string; canonical: boolean } {
  const hash = hashOfRecord(record);
  return hash === undefined ? { hash: sha256Hex(text), canonical: false } : { hash, canonical: true };
}

/** Names of the key's columns that say something else than the record. */
export function differingKey(record: unknown, { tenantId, id, time }: StoredKey): string[] {
  const columns: [string, unknown, unknown][] = [
    ['tenant_id', tenantId, member(member(record, 'data'), 'tenantId')],
    ['id', id, member(record, 'id')],
    ['time', microsOf(time), microsOf(member(record, 'time'))],
  ];
  return columns.filter(([, column, own]) => column !== own).map(([name]) => name);
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}
