import type { Command } from './commands.ts';
import type { Flag } from './flags.ts';

const WATCH: Flag = { name: 'watch', description: 'go on until it is stopped, as a service' };
const CHECKPOINTS: Flag = {
  name: 'checkpoints',
  value: 'PATH',
  description: 'the second place of the checkpoints, a file or a directory (default: AUDIT_CHECKPOINTS)',
  example: '/mnt/worm/checkpoints.jsonl',
};
const PUBLIC_KEY: Flag = {
  name: 'public-key',
  value: 'PATH',
  description: 'the public key of the checkpoints, or several one after the other; without it no signature is judged',
  example: 'audit-checkpoint.key.pub',
};
const KEY_OUT: Flag = {
  name: 'out',
  value: 'PATH',
  required: true,
  description: 'where the private key goes; the public one gets the same name with .pub',
  example: 'audit-checkpoint.key',
};

/** The commands that make a change of the audit trail show. */
export const AUDIT_CHAIN_COMMANDS: readonly Command[] = [
  {
    name: 'audit seal',
    summary: 'link the new records of the audit trail into the chain of their tenant',
    notes:
      'AUDIT_URL names a user of the role audit_sealer. Several may run; one works at a time. With --watch it also ' +
      'makes checkpoints at AUDIT_CHECKPOINT_INTERVAL, and tells how it is at HEALTH_ADDRESS and METRICS_ADDRESS.',
    flags: [WATCH],
    examples: ['audit seal', 'audit seal --watch'],
  },
  {
    name: 'audit checkpoint',
    summary: 'sign the heads of the chains that have grown, and write them to AUDIT_CHECKPOINTS',
    notes: 'Signs with AUDIT_CHECKPOINT_KEY_FILE. AUDIT_URL names a user of the role audit_sealer.',
    flags: [],
    examples: ['audit checkpoint'],
  },
  {
    name: 'audit verify',
    summary: 'look for every kind of tampering with the audit trail, and say where it is',
    notes:
      'Verifies all tenants, or that of --tenant. AUDIT_URL names a user of the role audit_reader. Exit code 9: there ' +
      'are findings.',
    flags: [CHECKPOINTS, PUBLIC_KEY],
    examples: ['audit verify', 'audit verify --checkpoints /mnt/worm/checkpoints.jsonl --public-key audit.pub --json'],
  },
  {
    name: 'audit keygen',
    summary: 'make a key pair for checkpoints',
    flags: [KEY_OUT],
    examples: ['audit keygen --out audit-checkpoint.key'],
  },
];
