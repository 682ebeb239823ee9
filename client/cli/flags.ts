/** One flag of a command. From these the parsing, the help and the tests of bad input are made. */
export interface Flag {
  /** Without the dashes. */
  name: string;
  /** What the value is called in the help; a flag without one is a switch. */
  value?: string;
  required?: boolean;
  /** How the value must look, beyond what the request's schema says. Default `text`. */
  kind?: 'text' | 'decimal' | 'duration' | 'choice' | 'rate';
  choices?: readonly string[];
  description: string;
  /** A value that is right, for the help and the tests. */
  example?: string;
}

export const AGENT: Flag = {
  name: 'agent',
  value: 'ID',
  required: true,
  description: "the agent's id on the platform",
  example: '4711',
};
export const SKILL: Flag = {
  name: 'skill',
  value: 'NAME',
  description: "the skill's name; together with --skill-id a cross-check: the two must agree",
  example: 'Billing',
};
export const GROUP: Flag = {
  name: 'group',
  value: 'NAME',
  description: 'the skill group, where the name alone is not unique; not with --skill-id',
  example: 'Voice',
};
export const SKILL_ID: Flag = {
  name: 'skill-id',
  value: 'ID',
  description: "the skill's id; give it or --skill",
  example: 's-100',
};
export const LEVEL: Flag = {
  name: 'level',
  value: 'N',
  required: true,
  kind: 'decimal',
  description: 'the level from 1 to 5; a decimal in between is rounded half up',
  example: '4',
};
export const BY: Flag = {
  name: 'by',
  value: 'WHO',
  required: true,
  description: 'who asks; audited',
  example: 'j.doe',
};
export const REASON: Flag = {
  name: 'reason',
  value: 'WHY',
  required: true,
  description: 'why; audited',
  example: 'peak hours',
};
export const TICKET: Flag = { name: 'ticket', value: 'T', description: 'a ticket to audit with it', example: 'OPS-12' };
export const NEW_REQUEST_ID: Flag = {
  name: 'request-id',
  value: 'ID',
  description: 'your id for this request (made if absent); repeating it never takes effect twice',
  example: 'req-1',
};
export const REQUEST_ID: Flag = {
  name: 'request-id',
  value: 'ID',
  description: 'the request that is meant; needed where there are several',
  example: 'req-1',
};
export const NO_WAIT: Flag = { name: 'no-wait', description: 'return as soon as the request is accepted' };
export const WAIT_TIMEOUT: Flag = {
  name: 'wait-timeout',
  value: 'DURATION',
  kind: 'duration',
  description: 'how long to wait for the end, such as 90s or 15m (default 15m); the request goes on after it',
  example: '15m',
};
export const NOTE: Flag = {
  name: 'note',
  value: 'TEXT',
  required: true,
  description: 'why; audited',
  example: 'checked',
};
export const ACTION: Flag = {
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
