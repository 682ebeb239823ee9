import type { Command } from './commands.ts';
import { BY, REASON, TICKET, WAIT_TIMEOUT, type Flag } from './flags.ts';

const FILE: Flag = {
  name: 'file',
  value: 'PATH',
  required: true,
  description: 'the desired state: .yaml, or a table as .csv',
  example: 'centre.yaml',
};
const FORMAT: Flag = {
  name: 'format',
  value: 'FORMAT',
  kind: 'choice',
  choices: ['yaml', 'csv'],
  description: "what the file holds, where its name's ending does not say",
  example: 'yaml',
};
const PLAN: Flag = {
  name: 'plan',
  value: 'PATH',
  required: true,
  description: 'a plan that "plan --out" has saved',
  example: 'centre.plan.json',
};
const OUT: Flag = { name: 'out', value: 'PATH', description: 'where to save the plan', example: 'centre.plan.json' };
const READ_TIMEOUT: Flag = {
  ...WAIT_TIMEOUT,
  description: 'how long the platform may keep us waiting, such as 90s or 15m (default 15m)',
};

const DETAILED: Flag = {
  name: 'detailed-exitcode',
  description: 'exit with 8 if there is something to change; 0 then means that everything is as the file says',
};
const REPAIR: Flag = { name: 'repair', description: 'have what has drifted put right; without it nothing is changed' };
const NAME: Flag = {
  name: 'name',
  value: 'NAME',
  description: 'which watch is meant, where there are several (default main)',
  example: 'main',
};

/** Skills as code. */
export const CODE_COMMANDS: readonly Command[] = [
  {
    name: 'plan',
    summary: 'show what would have to change for agents to be as a file says; reads only',
    notes:
      'Skills that the file does not name stay as they are, but for those under "exclusive": an agent of the file who ' +
      'has one without being given it loses it. Agents who are not in the file are never touched.',
    flags: [FILE, FORMAT, OUT, DETAILED, READ_TIMEOUT],
    examples: ['plan --file centre.yaml --out centre.plan.json', 'plan --file centre.csv --detailed-exitcode --json'],
  },
  {
    name: 'apply',
    summary: 'carry out a saved plan, exactly, and wait until each request has ended or waits for a person',
    notes:
      'Every agent of the plan is read again first; if one has changed since, nothing is done. What was changed is kept ' +
      'beside the plan, in PATH.applied.jsonl, for "rollback". A plan that is applied twice does nothing twice.',
    flags: [PLAN, BY, REASON, TICKET, WAIT_TIMEOUT],
    examples: ['apply --plan centre.plan.json --by j.doe --reason "peak hours" --ticket OPS-12'],
  },
  {
    name: 'rollback',
    summary: 'take back what an apply of a plan has changed, and only that',
    notes: 'Needs PATH.applied.jsonl, which "apply" has left. A level somebody else has changed since is left alone.',
    flags: [PLAN, BY, REASON, TICKET, WAIT_TIMEOUT],
    examples: ['rollback --plan centre.plan.json --by j.doe --reason "peak is over"'],
  },
  {
    name: 'import',
    summary: 'write a desired-state file from what agents have now; reads only',
    notes: 'The platform has no list of agents, so their ids are needed: a file with one a line.',
    flags: [
      {
        name: 'agents',
        value: 'PATH',
        required: true,
        description: 'a file with the ids of the agents, one a line',
        example: 'agents.txt',
      },
      { ...OUT, description: 'where to write the file; without it, to standard output', example: 'centre.yaml' },
      READ_TIMEOUT,
    ],
    examples: ['import --agents agents.txt --out centre.yaml'],
  },
  {
    name: 'drift check',
    summary: 'compare a desired state with the directory and with what routing uses, once',
    notes:
      'What differs is audited. Routing that is behind is read again after it had the time to follow. With --repair ' +
      'each agent who differs gets a request; the next check shows what became of it.',
    flags: [FILE, FORMAT, BY, REASON, REPAIR, DETAILED, READ_TIMEOUT],
    examples: ['drift check --file centre.yaml --by ci --reason "nightly check" --detailed-exitcode'],
  },
  {
    name: 'drift watch',
    summary: 'check now and again and again, by a schedule; replaces what watched under this name',
    notes: 'The file is read now, and not again: watch it anew when it has changed.',
    flags: [
      FILE,
      FORMAT,
      {
        name: 'every',
        value: 'DURATION',
        required: true,
        kind: 'duration',
        description: 'the time from one check to the next, such as 15m or 24h; at least 1m',
        example: '1h',
      },
      BY,
      REASON,
      REPAIR,
      NAME,
    ],
    examples: ['drift watch --file centre.yaml --every 1h --by j.doe --reason "hold the centre to its file"'],
  },
  {
    name: 'drift list',
    summary: 'what watches for drift',
    flags: [],
    examples: ['drift list'],
  },
  {
    name: 'drift report',
    summary: 'what the latest check of a watch has found',
    flags: [NAME, DETAILED],
    examples: ['drift report', 'drift report --name main --json'],
  },
  {
    name: 'drift stop',
    summary: 'watch no longer; a check at work goes on',
    flags: [NAME],
    examples: ['drift stop --name main'],
  },
];

export function isCodeCommand(name: string): boolean {
  return CODE_COMMANDS.some((command) => command.name === name);
}
