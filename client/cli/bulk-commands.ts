import type { Command } from './commands.ts';
import { BY, NOTE, REASON, TICKET, type Flag } from './flags.ts';

const FILE: Flag = {
  name: 'file',
  value: 'PATH',
  required: true,
  description: 'the requests: a table (.csv), a list (.yaml) or one JSON object a line (.jsonl)',
  example: 'peak.csv',
};
const FORMAT: Flag = {
  name: 'format',
  value: 'FORMAT',
  kind: 'choice',
  choices: ['csv', 'yaml', 'jsonl'],
  description: "what the file holds, where its name's ending does not say",
  example: 'csv',
};
const RATE: Flag = {
  name: 'rate',
  value: 'N',
  kind: 'rate',
  description: "requests a minute at most, or max: as many as the tenant's pace lets through",
  example: '120',
};
const BULK: Flag = {
  name: 'bulk',
  value: 'ID',
  required: true,
  description: 'the bulk that is meant',
  example: 'peak-1',
};
const NEW_BULK: Flag = {
  ...BULK,
  required: false,
  description: 'an id for this bulk (made from the file if absent); give another one to do the same file again',
};
const REPORT: Flag = {
  name: 'report',
  value: 'PATH',
  description: 'a report, as .csv or .jsonl',
  example: 'report.csv',
};
const OUT: Flag = { ...REPORT, name: 'out', description: 'where to write the report, as .csv or .jsonl' };
const NO_WAIT: Flag = { name: 'no-wait', description: 'return as soon as Temporal has the whole of it' };

/** Changes of many agents at once. */
export const BULK_COMMANDS: readonly Command[] = [
  {
    name: 'bulk submit',
    summary: 'carry out a file of requests, and wait until each has ended or waits for a person',
    notes:
      'A table has the columns agent, skill or skill_id, level, and if you like action (assign or remove), group, ' +
      'reason, ticket and by. The whole file is checked before anything is sent. A file that is submitted twice does ' +
      'nothing twice.',
    flags: [
      FILE,
      BY,
      { ...REASON, description: 'why, for requests that do not say it themselves; audited' },
      TICKET,
      FORMAT,
      RATE,
      NEW_BULK,
      { ...REPORT, description: 'where to write the report when all is done, as .csv or .jsonl' },
      NO_WAIT,
    ],
    examples: [
      'bulk submit --file peak.csv --by j.doe --reason "peak hours" --report report.csv',
      'bulk submit --file peak.yaml --by j.doe --reason "peak hours" --rate 120 --no-wait',
    ],
  },
  {
    name: 'bulk status',
    summary: 'how far a bulk has come',
    flags: [BULK],
    examples: ['bulk status --bulk peak-1'],
  },
  {
    name: 'bulk pause',
    summary: 'submit nothing more of a bulk; what is under way goes on',
    flags: [BULK, BY, NOTE],
    examples: ['bulk pause --bulk peak-1 --by j.doe --note "calls are piling up"'],
  },
  {
    name: 'bulk resume',
    summary: 'go on with a bulk that is paused',
    flags: [BULK, BY, NOTE],
    examples: ['bulk resume --bulk peak-1 --by j.doe --note "quiet again"'],
  },
  {
    name: 'bulk rate',
    summary: 'carry a bulk out slower or faster',
    flags: [BULK, { ...RATE, required: true }, BY, NOTE],
    examples: ['bulk rate --bulk peak-1 --rate 60 --by j.doe --note "calls are piling up"'],
  },
  {
    name: 'bulk cancel',
    summary: 'cancel what is left of a bulk and wait until nothing of it is under way',
    notes: 'Requests that are under way are cancelled as "cancel" does it: nobody is left half-changed.',
    flags: [BULK, BY, NOTE, NO_WAIT],
    examples: ['bulk cancel --bulk peak-1 --by j.doe --note "wrong file"'],
  },
  {
    name: 'bulk report',
    summary: 'what became of each request of a bulk',
    notes: 'A table on standard output, or a file. The report of a bulk that is under way says how it stands now.',
    flags: [BULK, OUT],
    examples: ['bulk report --bulk peak-1', 'bulk report --bulk peak-1 --out report.csv'],
  },
  {
    name: 'bulk retry-failed',
    summary: 'make the failed requests of a report again, as a bulk of their own',
    notes:
      'Failed are rejected, failed, cancelled, not-submitted. What waits for a person is not made again: decide about ' +
      'it. The same report retried twice does nothing twice.',
    flags: [
      { ...REPORT, required: true, description: 'the report of the bulk that had failures, as .csv or .jsonl' },
      BY,
      REASON,
      TICKET,
      RATE,
      NEW_BULK,
      { ...OUT, description: 'where to write the new report when all is done, as .csv or .jsonl' },
      NO_WAIT,
    ],
    examples: ['bulk retry-failed --report report.csv --by j.doe --reason "skill exists now" --out report-2.csv'],
  },
];
