import { AUDIT_CHAIN_COMMANDS } from './audit-chain-commands.ts';
import { AUDIT_READ_COMMANDS } from './audit-read-commands.ts';
import { AUDIT_STORE_COMMANDS } from './audit-store-commands.ts';
import type { Command } from './commands.ts';

/** Everything about the audit trail. These commands need neither Temporal nor the platform. */
export const AUDIT_COMMANDS: readonly Command[] = [
  ...AUDIT_READ_COMMANDS,
  ...AUDIT_CHAIN_COMMANDS,
  ...AUDIT_STORE_COMMANDS,
];

/** Whether a command is one of the audit trail's. */
export function isAuditCommand(name: string): boolean {
  return name.startsWith('audit ');
}

/** Whether a command needs to know how long records are kept. */
export function needsRetention(name: string): boolean {
  return name === 'audit purge' || name === 'audit verify';
}

/** Whether a command is one of the chain's. */
export function isChainCommand(name: string): boolean {
  return AUDIT_CHAIN_COMMANDS.some((command) => command.name === name);
}
