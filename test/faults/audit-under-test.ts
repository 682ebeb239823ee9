import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyTrail } from '../../audit/chain/verify-trail.ts';
import { readTrail } from '../../audit/read-trail.ts';
import type { AuditRecord } from '../../domain/audit-record.ts';
import { startPostgres } from '../../tools/postgres.ts';
import { createAuditDatabase, openSession, query } from '../support/audit-database.ts';
import { sealAll } from '../support/audit-trail.ts';

/** Where the workers of a campaign write their audit trail. */
export const AUDIT_KINDS = ['file', 'postgres'] as const;
export type AuditKind = (typeof AUDIT_KINDS)[number];

/** The audit trail of a campaign. */
export interface AuditUnderTest {
  /** Variables of the workers. */
  env: Record<string, string>;
  /** All records, in order. They are left in the folder as evidence. */
  read(): Promise<AuditRecord[]>;
  /** Seals everything, and says what the verification of the chain finds. A file has none. */
  verify(): Promise<string[]>;
  /** Undefined: it has no server that could be stopped. */
  server: { halt: () => Promise<void>; resume: () => Promise<void> } | undefined;
  stop(): Promise<void>;
}

/** Starts the audit trail of a campaign; what is left of it goes into `folder`. */
export async function startAudit(kind: AuditKind, folder: string): Promise<AuditUnderTest> {
  return kind === 'file' ? inFile(join(folder, 'audit.jsonl')) : inPostgres(join(folder, 'audit.jsonl'));
}

function inFile(path: string): AuditUnderTest {
  return {
    env: { AUDIT_FILE: path },
    async read() {
      const records: AuditRecord[] = [];
      for await (const record of readTrail(path)) records.push(record);
      return records;
    },
    verify: () => Promise.resolve([]),
    server: undefined,
    stop: () => Promise.resolve(),
  };
}

async function inPostgres(evidence: string): Promise<AuditUnderTest> {
  const postgres = await startPostgres();
  const database = await createAuditDatabase(postgres).catch(async (error: unknown) => {
    await postgres.stop();
    throw error;
  });
  return {
    env: { AUDIT_URL: database.writer },
    async read() {
      const rows = await query<{ record: AuditRecord }>(
        database.reader,
        'select record from audit.records order by xid, sequence',
      );
      await writeFile(evidence, rows.map(({ record }) => `${JSON.stringify(record)}\n`).join(''));
      return rows.map(({ record }) => record);
    },
    async verify() {
      const [sealer, reader] = [await openSession(database.sealer), await openSession(database.reader)];
      try {
        const sealed = await sealAll(sealer);
        const findings: string[] = [];
        await verifyTrail(reader, {
          checkpoints: [],
          report: ({ kind, message }) => findings.push(`chain: ${kind}: ${message}`),
        });
        return sealed === 0 ? ['nothing was sealed', ...findings] : findings;
      } finally {
        await Promise.all([sealer.end(), reader.end()]);
      }
    },
    server: { halt: () => postgres.halt(), resume: () => postgres.resume() },
    async stop() {
      await database.drop();
      await postgres.stop();
    },
  };
}
