import type { Command } from './commands.ts';
import { AGENT, BY, NOTE, REQUEST_ID, WAIT_TIMEOUT, type Flag } from './flags.ts';

const FROM: Flag = {
  name: 'from',
  value: 'TIME',
  description: 'when a temporary skill begins (default: now): with its offset, or wall-clock time with --zone',
  example: '2026-11-23T13:00+01:00',
};
const UNTIL: Flag = {
  name: 'until',
  value: 'TIME',
  description: 'when a temporary skill ends; written like --from',
  example: '2026-11-23T17:00+01:00',
};
const FOR: Flag = {
  name: 'for',
  value: 'DURATION',
  description: 'how long instead of --until, such as 90m, 4h or 2d; a day has 24 hours, whatever the clocks do',
  example: '4h',
};
const ZONE: Flag = {
  name: 'zone',
  value: 'AREA/CITY',
  description: 'the time zone of times without an offset',
  example: 'Europe/Berlin',
};
const ALL: Flag = { name: 'all', description: 'those that have ended, too, as long as Temporal keeps them' };

const TEMPORARY_ID: Flag = {
  ...REQUEST_ID,
  required: true,
  description: 'the temporary skill that is meant: the id of its request',
};

/** What makes a provisioning a temporary one. */
export const PERIOD_FLAGS: readonly Flag[] = [FROM, UNTIL, FOR, ZONE];

export const TEMPORARY_COMMANDS: readonly Command[] = [
  {
    name: 'temporary list',
    summary: 'the skills that agents have, or will have, for a time',
    notes: 'Read from what Temporal has indexed; it may be some seconds behind.',
    flags: [{ ...AGENT, required: false }, ALL],
    examples: ['temporary list', 'temporary list --agent 4711 --all'],
  },
  {
    name: 'temporary status',
    summary: 'where a temporary skill stands, or how it ended',
    flags: [AGENT, TEMPORARY_ID],
    examples: ['temporary status --agent 4711 --request-id req-1'],
  },
  {
    name: 'temporary extend',
    summary: 'let a temporary skill end later',
    notes: 'Give the new end with --until, or with --for how much later than the present one.',
    flags: [AGENT, TEMPORARY_ID, UNTIL, FOR, ZONE, BY, NOTE],
    examples: [
      'temporary extend --agent 4711 --request-id req-1 --for 1h --by j.doe --note "queue is still long"',
      'temporary extend --agent 4711 --request-id req-1 --until 2026-11-23T18:00Z --by j.doe --note late',
    ],
  },
  {
    name: 'temporary end',
    summary: 'end a temporary skill now and wait until the agent has again what they had before',
    flags: [AGENT, TEMPORARY_ID, BY, NOTE, WAIT_TIMEOUT],
    examples: ['temporary end --agent 4711 --request-id req-1 --by j.doe --note "peak is over"'],
  },
  {
    name: 'temporary cancel',
    summary: 'the same, also before it has begun: then nothing happens to the agent',
    flags: [AGENT, TEMPORARY_ID, BY, NOTE, WAIT_TIMEOUT],
    examples: ['temporary cancel --agent 4711 --request-id req-1 --by j.doe --note "wrong agent"'],
  },
];
