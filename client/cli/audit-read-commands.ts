import type { Command } from './commands.ts';
import { AGENT, BY, SKILL, type Flag } from './flags.ts';

const REQUEST: Flag = { name: 'request', value: 'ID', description: 'of this request', example: 'req-1' };
const SINCE: Flag = {
  name: 'since',
  value: 'TIME',
  description: 'not older: a time with its offset, a time or day with --zone, or how long ago, such as 90m or 7d',
  example: '7d',
};
const UNTIL: Flag = {
  name: 'until',
  value: 'TIME',
  description: 'older than this; written like --since',
  example: '2026-11-23T17:00+01:00',
};
const ZONE: Flag = {
  name: 'zone',
  value: 'AREA/CITY',
  description: 'the time zone of what is shown, and of times without an offset (default: UTC)',
  example: 'Europe/Berlin',
};
const FILE: Flag = {
  name: 'file',
  value: 'PATH',
  description:
    "a file of the trail, or a folder with the .jsonl files of several hosts, instead of the environment's AUDIT_FILE or AUDIT_URL",
  example: 'trails/',
};
const OUT: Flag = {
  name: 'out',
  value: 'PATH',
  description: 'where to write it; without, it goes to standard output',
  example: 'audit.csv',
};
const FORMAT: Flag = {
  name: 'format',
  value: 'FORMAT',
  required: true,
  kind: 'choice',
  choices: ['jsonl', 'csv', 'ocsf'],
  description:
    'jsonl: the records; csv: a row for each change; ocsf: events of the Open Cybersecurity Schema Framework',
  example: 'csv',
};
const OLDER_THAN: Flag = {
  name: 'older-than',
  value: 'DURATION',
  kind: 'duration',
  description: 'how long ago the write was announced, such as 15m or 2h (default 15m)',
  example: '15m',
};
const DETAILED_EXITCODE: Flag = { name: 'detailed-exitcode', description: 'exit with 8 if there are any' };
const MONTH: Flag = { name: 'month', value: 'YYYY-MM', required: true, description: 'the month', example: '2026-11' };

/** Which records are wanted. Given together, all of them must apply. */
export const FILTER_FLAGS: readonly Flag[] = [
  { ...AGENT, required: false, description: 'about this agent' },
  { ...SKILL, description: 'that change this skill: its id, or its name' },
  REQUEST,
  { ...BY, required: false, description: 'of whom: who asked, acted or decided' },
  SINCE,
  UNTIL,
];

/** The commands that read the audit trail. */
export const AUDIT_READ_COMMANDS: readonly Command[] = [
  {
    name: 'audit show',
    summary: 'who changed what, when and why: by agent, skill, request, person or time',
    notes: 'Needs one of the filters at least; those given together must all apply. The newest 1000 are shown.',
    flags: [...FILTER_FLAGS, ZONE, FILE],
    examples: [
      'audit show --agent 4711',
      'audit show --request req-1',
      'audit show --by j.doe --since 2026-11-01 --until 2026-12-01 --zone Europe/Berlin',
    ],
  },
  {
    name: 'audit export',
    summary: 'write records to a file, for another system or a spreadsheet',
    notes: 'Without a filter all records. A file is there whole or not at all.',
    flags: [FORMAT, ...FILTER_FLAGS, ZONE, OUT, FILE],
    examples: ['audit export --format csv --since 30d --out audit.csv', 'audit export --format ocsf --agent 4711'],
  },
  {
    name: 'audit open',
    summary: 'writes that were announced a while ago and have no outcome yet',
    notes: 'A request that waits for a person is among them, with its reason. Others have a look at "status".',
    flags: [OLDER_THAN, DETAILED_EXITCODE, ZONE, FILE],
    examples: ['audit open', 'audit open --older-than 1h --detailed-exitcode'],
  },
  {
    name: 'audit report',
    summary: 'one month as a page to read, print and keep',
    notes: 'One HTML document that loads nothing and runs nothing. With --json the numbers and lists behind it.',
    flags: [
      MONTH,
      { ...ZONE, description: 'the time zone of the month and of what is shown (default: UTC)' },
      OUT,
      FILE,
    ],
    examples: ['audit report --month 2026-11 --zone Europe/Berlin --out 2026-11.html'],
  },
];

/** Whether a command reads the trail. */
export function isAuditReadCommand(command: string): boolean {
  return AUDIT_READ_COMMANDS.some(({ name }) => name === command);
}
