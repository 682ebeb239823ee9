import { describeSkill } from '../../domain/request.ts';
import type { TemporaryEnd, TemporaryState } from '../../workflows/temporary-skill.messages.ts';
import type { TemporaryView } from '../temporary-runs.ts';
import { PROGRAM } from './commands.ts';
import { levelText } from './render.ts';
import { renderTable } from './table.ts';

const STATES: Record<TemporaryState | 'Terminated', string> = {
  Scheduled: 'has not begun',
  Starting: 'is being given',
  Active: 'the agent has it',
  Ending: 'is being taken back',
  Ended: 'it is over',
  Terminated: 'nobody takes it back',
};
const ENDS: Record<TemporaryEnd, string> = {
  restored: 'the agent has again what they had before',
  'left-alone': 'somebody else had changed the level; it was left as it is',
  'not-given': 'it was not given',
  'not-restored': 'it was given and not taken back',
  cancelled: 'cancelled before it was given',
  rejected: 'refused; nothing was done',
};

/** Where a temporary skill stands, for people. */
export function renderTemporary(view: TemporaryView): string {
  const { state, agentId, temporaryId, skill, level, status, parked, overstayedSince, problem, message } = view;
  return [
    `${status ?? state}: agent ${agentId}, temporary skill ${temporaryId} (${status === undefined ? STATES[state] : ENDS[status]})`,
    `  ${describeSkill(skill)}, level ${level}, ${period(view)}${former(view)}`,
    ...(overstayedSince === undefined ? [] : [`  overstayed since ${overstayedSince}`]),
    ...(problem === undefined ? [] : [`${problem.code}: ${problem.message}`]),
    ...(parked === undefined
      ? []
      : [
          `Request ${parked.requestId} waits for a person: ${parked.reason}, since ${parked.since}:`,
          `  ${PROGRAM} status --agent ${agentId}`,
        ]),
    ...(message === undefined ? [] : [message]),
  ].join('\n');
}

export function renderTemporaryList(items: readonly TemporaryView[]): string {
  if (items.length === 0) return 'No agent has a skill for a time.';
  const rows = items.map((view) => [
    view.agentId,
    view.temporaryId,
    describeSkill(view.skill),
    String(view.level),
    view.from ?? '',
    view.until,
    stateText(view),
    view.requestedBy,
  ]);
  return renderTable(['agent', 'request', 'skill', 'level', 'from', 'until', 'state', 'by'], rows, '').join('\n');
}

function stateText({ state, status, parked, overstayedSince }: TemporaryView): string {
  const notes = [
    ...(overstayedSince === undefined ? [] : ['overstayed']),
    ...(parked === undefined ? [] : ['waits for a person']),
  ];
  return [status ?? state, ...notes].join(', ');
}

function period({ from, until }: TemporaryView): string {
  return `${from === undefined ? '' : `from ${from} `}until ${until}`;
}

function former({ start }: TemporaryView): string {
  const level = start?.changes[0]?.previousLevel;
  return level === undefined ? '' : `; before: ${levelText(level)}`;
}
