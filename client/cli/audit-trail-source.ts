import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditUnreadableError } from '../../audit/errors.ts';
import { createJsonlTrail } from '../../audit/jsonl-trail.ts';
import type { StoreConfig } from '../../audit/store-config.ts';
import type { AuditTrail } from '../../audit/trail.ts';

/** Files of a trail, also rotated ones: `audit.jsonl`, `audit.jsonl.1`, `host-a.ndjson`. */
const TRAIL_FILE = /\.(?:jsonl|ndjson)(?:[.-][\w.-]+)?$/;

/**
 * The trail that `--file` names, else that of the environment. PostgreSQL is loaded only where it is needed. Throws
 * `AuditUnreadableError`.
 */
export async function openTrail(store: StoreConfig, file: string | undefined): Promise<AuditTrail> {
  if (file !== undefined) return createJsonlTrail(await filesAt(file));
  if (store.kind === 'file') return createJsonlTrail([store.path]);
  const { createPostgresTrail } = await import('../../audit/postgres-trail.ts');
  return createPostgresTrail(store.address);
}

async function filesAt(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = (await readdir(path)).filter((name) => TRAIL_FILE.test(name)).sort();
    if (names.length > 0) return names.map((name) => join(path, name));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new AuditUnreadableError(`The audit trail ${path} can't be read: ${why}`, { cause: error });
  }
  throw new AuditUnreadableError(`The folder ${path} has no file of an audit trail (.jsonl).`);
}
