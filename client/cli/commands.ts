import { AUDIT_COMMANDS } from './audit-commands.ts';
import { BULK_COMMANDS } from './bulk-commands.ts';
import { CODE_COMMANDS } from './code-commands.ts';
import {
  ACTION,
  AGENT,
  BY,
  GROUP,
  LEVEL,
  NEW_REQUEST_ID,
  NOTE,
  NO_WAIT,
  REASON,
  REQUEST_ID,
  SKILL,
  SKILL_ID,
  TICKET,
  WAIT_TIMEOUT,
  type Flag,
} from './flags.ts';
import { PERIOD_FLAGS, TEMPORARY_COMMANDS } from './temporary-commands.ts';

export type { Flag } from './flags.ts';

export interface Command {
  name: string;
  summary: string;
  /** What the help says beside the flags. */
  notes?: string;
  flags: readonly Flag[];
  /** Complete command lines, less the program's name. */
  examples: readonly string[];
}

export const PROGRAM = 'cxone-skills';

/** Understood by every command. */
export const GLOBAL_FLAGS: readonly Flag[] = [
  {
    name: 'tenant',
    value: 'ID',
    description: 'the tenant, the first label of its host name (default: CXONE_TENANT_ID)',
    example: 'acme',
  },
  { name: 'json', description: 'one JSON document on stdout, errors too; everything else on stderr' },
  { name: 'verbose', description: 'stack traces of errors on stderr' },
  { name: 'help', description: 'this text' },
];

const REQUEST_FLAGS = [BY, REASON, TICKET, NEW_REQUEST_ID, NO_WAIT, WAIT_TIMEOUT];

const REQUEST_COMMANDS: readonly Command[] = [
  {
    name: 'provision',
    summary: 'give an agent a skill, or another level of it, and wait until routing uses it',
    notes:
      'Name the skill with --skill (and --group), or with --skill-id. The agent is changed only while nobody is ' +
      'talking to them; until then the request waits. With --until or --for they have it for a time, and then again ' +
      `what they had before; see "${PROGRAM} temporary list".`,
    flags: [AGENT, SKILL, GROUP, SKILL_ID, LEVEL, ...PERIOD_FLAGS, ...REQUEST_FLAGS],
    examples: [
      'provision --agent 4711 --skill Billing --level 4 --by j.doe --reason "peak hours"',
      'provision --agent 4711 --skill Billing --level 4 --for 4h --by j.doe --reason "peak hours"',
      'provision --agent 4711 --skill-id s-100 --level 4 --by j.doe --reason "peak hours" --json',
    ],
  },
  {
    name: 'deprovision',
    summary: 'take a skill away from an agent and wait until routing no longer uses it',
    notes: 'Name the skill with --skill (and --group), or with --skill-id.',
    flags: [AGENT, SKILL, GROUP, SKILL_ID, ...REQUEST_FLAGS],
    examples: ['deprovision --agent 4711 --skill Billing --group Voice --by j.doe --reason "moved to chat"'],
  },
  {
    name: 'status',
    summary: "an agent's requests and where they stand",
    flags: [AGENT],
    examples: ['status --agent 4711'],
  },
  {
    name: 'outcome',
    summary: 'how one request ended, also after others have followed (24 hours at least)',
    flags: [AGENT, { ...REQUEST_ID, required: true, description: 'the request that is meant' }],
    examples: ['outcome --agent 4711 --request-id req-1'],
  },
  {
    name: 'queue',
    summary: 'what waits for a person, most urgent first',
    notes: 'Read from what Temporal has indexed; it may be some seconds behind.',
    flags: [],
    examples: ['queue', 'queue --json'],
  },
  {
    name: 'reconcile',
    summary: 'decide about a request that waits for a person, and wait until that is carried out',
    notes: `See what waits with "${PROGRAM} queue", and which actions apply with "${PROGRAM} status".`,
    flags: [AGENT, REQUEST_ID, ACTION, BY, NOTE, WAIT_TIMEOUT],
    examples: ['reconcile --agent 4711 --action retry --by j.doe --note "lock is gone"'],
  },
  {
    name: 'cancel',
    summary: 'cancel an open request and wait until the agent is as they should be',
    notes: 'Before anything was written nothing changes; after it the agent is put back and routing brought in step.',
    flags: [AGENT, REQUEST_ID, BY, NOTE, WAIT_TIMEOUT],
    examples: ['cancel --agent 4711 --request-id req-1 --by j.doe --note "wrong agent"'],
  },
];

const WORKER: Command = {
  name: 'worker',
  summary: 'run a worker (same as npm run worker)',
  notes: 'Takes its settings from the environment only; see the README.',
  flags: [],
  examples: ['worker'],
};

/** The commands as the help shows them. */
export const COMMAND_GROUPS: readonly { title: string; commands: readonly Command[] }[] = [
  { title: 'One agent', commands: REQUEST_COMMANDS },
  { title: 'A skill for a time', commands: TEMPORARY_COMMANDS },
  { title: 'Many agents, from a file of requests', commands: BULK_COMMANDS },
  { title: 'Skills as code, from a file of who should have what', commands: CODE_COMMANDS },
  { title: 'Audit trail', commands: AUDIT_COMMANDS },
  { title: 'The service', commands: [WORKER] },
];
export const COMMANDS: readonly Command[] = COMMAND_GROUPS.flatMap(({ commands }) => commands);

/** The environment the commands read, for the help. */
export const ENVIRONMENT: readonly { name: string; description: string }[] = [
  { name: 'CXONE_TENANT_ID', description: 'the tenant; required unless --tenant is given' },
  { name: 'TEMPORAL_ADDRESS', description: 'host:port of Temporal (default 127.0.0.1:7233)' },
  { name: 'TEMPORAL_NAMESPACE', description: "Temporal's namespace (default default)" },
  { name: 'TEMPORAL_API_KEY, TEMPORAL_TLS, …', description: "the rest of Temporal's own; see the README" },
  { name: 'PROVISIONING_TASK_QUEUE', description: 'the task queue of the workers (default skill-provisioning)' },
  { name: 'PROVISIONING_POLICY', description: "waits and limits of new requests: JSON, or a file's path" },
  {
    name: 'AUDIT_URL, AUDIT_URL_FILE',
    description: "the audit trail's PostgreSQL, for the commands of the audit trail",
  },
  {
    name: 'AUDIT_CHECKPOINTS, AUDIT_CHECKPOINT_KEY_FILE',
    description: "where the audit trail's checkpoints go, and the private key that signs them",
  },
];
