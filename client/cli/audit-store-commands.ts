import type { Command } from './commands.ts';
import type { Flag } from './flags.ts';

const DRY_RUN: Flag = { name: 'dry-run', description: 'remove nothing, say what would be' };

/** The commands that look after the audit trail's database. */
export const AUDIT_STORE_COMMANDS: readonly Command[] = [
  {
    name: 'audit migrate',
    summary: "make or update the audit trail's tables in PostgreSQL, and the partitions to come",
    notes:
      'AUDIT_URL names the owner of the tables, who is no user of a worker. Run it before the first start, with each ' +
      'new version, and once a month.',
    flags: [],
    examples: ['audit migrate'],
  },
  {
    name: 'audit purge',
    summary: 'remove the records that are older than AUDIT_RETENTION, by whole months',
    notes:
      'AUDIT_URL names the owner of the tables. What was removed is noted where "audit verify" sees it. Records that ' +
      'are not sealed yet are not removed.',
    flags: [DRY_RUN],
    examples: ['audit purge --dry-run', 'audit purge'],
  },
];
