import { AUDIT_STORE_COMMANDS } from './audit-store-commands.ts';
import type { Command } from './commands.ts';

/** Everything about the audit trail. These commands need neither Temporal nor the platform. */
export const AUDIT_COMMANDS: readonly Command[] = [...AUDIT_STORE_COMMANDS];

/** Whether a command is one of the audit trail's. */
export function isAuditCommand(name: string): boolean {
  return name.startsWith('audit ');
}
