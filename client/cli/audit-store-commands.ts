import type { Command } from './commands.ts';

/** The commands that look after the audit trail's database. */
export const AUDIT_STORE_COMMANDS: readonly Command[] = [
  {
    name: 'audit migrate',
    summary: "make or update the audit trail's tables in PostgreSQL, and the partitions of the months ahead",
    notes:
      'AUDIT_URL names the owner of the tables, who is no user of a worker. Run it before the first start, with each ' +
      'new version, and once a month.',
    flags: [],
    examples: ['audit migrate'],
  },
];
