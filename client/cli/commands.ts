/** One flag of a command. From these the parsing, the help and the tests of bad input are made. */
export interface Flag {
  /** Without the dashes. */
  name: string;
  /** What the value is called in the help; a flag without one is a switch. */
  value?: string;
  required?: boolean;
  /** How the value must look, beyond what the request's schema says. Default `text`. */
  kind?: 'text' | 'decimal' | 'duration' | 'choice';
  choices?: readonly string[];
  description: string;
  /** A value that is right, for the help and the tests. */
  example?: string;
}

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

const AGENT: Flag = {
  name: 'agent',
  value: 'ID',
  required: true,
  description: "the agent's id on the platform",
  example: '4711',
};
const SKILL: Flag = {
  name: 'skill',
  value: 'NAME',
  description: "the skill's name; together with --skill-id a cross-check: the two must agree",
  example: 'Billing',
};
const GROUP: Flag = {
  name: 'group',
  value: 'NAME',
  description: 'the skill group, where the name alone is not unique; not with --skill-id',
  example: 'Voice',
};
const SKILL_ID: Flag = {
  name: 'skill-id',
  value: 'ID',
  description: "the skill's id; give it or --skill",
  example: 's-100',
};
const LEVEL: Flag = {
  name: 'level',
  value: 'N',
  required: true,
  kind: 'decimal',
  description: 'the level from 1 to 5; a decimal in between is rounded half up',
  example: '4',
};
const BY: Flag = { name: 'by', value: 'WHO', required: true, description: 'who asks; audited', example: 'j.doe' };
const REASON: Flag = {
  name: 'reason',
  value: 'WHY',
  required: true,
  description: 'why; audited',
  example: 'peak hours',
};
const TICKET: Flag = { name: 'ticket', value: 'T', description: 'a ticket to audit with it', example: 'OPS-12' };
const NEW_REQUEST_ID: Flag = {
  name: 'request-id',
  value: 'ID',
  description: 'your id for this request (made if absent); repeating it never takes effect twice',
  example: 'req-1',
};
const REQUEST_ID: Flag = {
  name: 'request-id',
  value: 'ID',
  description: 'the request that is meant; needed where there are several',
  example: 'req-1',
};
const NO_WAIT: Flag = { name: 'no-wait', description: 'return as soon as the request is accepted' };
const WAIT_TIMEOUT: Flag = {
  name: 'wait-timeout',
  value: 'DURATION',
  kind: 'duration',
  description: 'how long to wait for the end, such as 90s or 15m (default 15m); the request goes on after it',
  example: '15m',
};
const NOTE: Flag = { name: 'note', value: 'TEXT', required: true, description: 'why; audited', example: 'checked' };
const ACTION: Flag = {
  name: 'action',
  value: 'ACTION',
  required: true,
  kind: 'choice',
  choices: ['retry', 'accept', 'rollback', 'abandon'],
  description:
    'retry: try again with a fresh allowance; accept: take what holds now; rollback: restore the levels this request ' +
    'changed; abandon: leave everything as it is',
  example: 'retry',
};

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

export const COMMANDS: readonly Command[] = [
  {
    name: 'provision',
    summary: 'give an agent a skill, or another level of it, and wait until routing uses it',
    notes:
      'Name the skill with --skill (and --group), or with --skill-id. The agent is changed only while nobody is ' +
      'talking to them; until then the request waits.',
    flags: [AGENT, SKILL, GROUP, SKILL_ID, LEVEL, ...REQUEST_FLAGS],
    examples: [
      'provision --agent 4711 --skill Billing --level 4 --by j.doe --reason "peak hours"',
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
  {
    name: 'worker',
    summary: 'run a worker (same as npm run worker)',
    notes: 'Takes its settings from the environment only; see the README.',
    flags: [],
    examples: ['worker'],
  },
];

/** The environment the commands read, for the help. */
export const ENVIRONMENT: readonly { name: string; description: string }[] = [
  { name: 'CXONE_TENANT_ID', description: 'the tenant; required unless --tenant is given' },
  { name: 'TEMPORAL_ADDRESS', description: 'host:port of Temporal (default 127.0.0.1:7233)' },
  { name: 'TEMPORAL_NAMESPACE', description: "Temporal's namespace (default default)" },
  { name: 'TEMPORAL_API_KEY, TEMPORAL_TLS, …', description: "the rest of Temporal's own; see the README" },
  { name: 'PROVISIONING_TASK_QUEUE', description: 'the task queue of the workers (default skill-provisioning)' },
  { name: 'PROVISIONING_POLICY', description: "waits and limits of new requests: JSON, or a file's path" },
];
