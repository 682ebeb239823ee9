import type { ChangeOutcome, OutcomeStatus, RequestOutcome } from '../../domain/outcome.ts';
import type { RequestStatus } from '../../workflows/provision-skill.messages.ts';
import type { AgentStatus } from '../agent-status.ts';
import type { QueueItem } from '../queue.ts';
import type { Settlement } from '../waiting.ts';
import { PROGRAM } from './commands.ts';
import { renderTable } from './table.ts';

const MEANING: Record<OutcomeStatus, string> = {
  provisioned: 'done, and read back from routing',
  unchanged: 'routing had it already; nothing was written',
  rejected: 'refused; nothing was written',
  failed: 'failed',
  accepted: 'closed by a person with what held then',
  'rolled-back': 'the former levels were restored',
  abandoned: 'closed by a person; everything was left as it was',
  cancelled: 'cancelled; what was applied until then is below',
};

/** How a request stands, for people: before and after of each skill, and what to do next. */
export function renderSettlement(settlement: Settlement, agentId: string): string {
  return settlement.kind === 'ended' ? renderOutcome(settlement.outcome, agentId) : renderParked(settlement, agentId);
}

export function renderAgentStatus(status: AgentStatus): string {
  const { agentId, state, since, waitingFor, escalated, message, requests } = status;
  const waiting = waitingFor === undefined ? '' : `, waits for: ${waitingFor}`;
  const lines = [
    `agent ${agentId}: ${state}${since === undefined ? '' : ` since ${since}`}${waiting}${escalated === true ? ', escalated' : ''}`,
  ];
  if (state === 'None') lines.push('Nothing was ever asked for this agent, or it is longer ago than Temporal keeps.');
  if (message !== undefined) lines.push(message);
  if (requests.length > 0) {
    lines.push('', ...renderTable(['request', 'state', 'since', 'by', 'what'], requests.map(requestRow)));
  }
  const parked = requests.filter((request) => request.state === 'parked');
  for (const request of parked) {
    if (request.problem !== undefined) lines.push('', `${request.requestId}: ${request.problem.message}`);
    lines.push(...reconcileHint(agentId, request.requestId, request.actions));
  }
  return lines.join('\n');
}

export function renderQueue(items: readonly QueueItem[]): string {
  if (items.length === 0) return 'Nothing waits for a person.';
  const rows = items.map(({ agentId, requestId, reason, since, escalated, requestedBy, ticket, unreadable }) => [
    agentId,
    requestId,
    reason,
    since,
    unreadable !== undefined ? '?' : escalated ? 'yes' : '',
    unreadable === undefined ? requestedBy : '?',
    ticket ?? '',
  ]);
  return [
    `${items.length} request${items.length === 1 ? '' : 's'} wait${items.length === 1 ? 's' : ''} for a person:`,
    ...renderTable(['agent', 'request', 'reason', 'since', 'escalated', 'by', 'ticket'], rows),
    ...items.flatMap(({ unreadable }) => (unreadable === undefined ? [] : [`warning: ${unreadable}`])),
    '',
    `What applies to one: ${PROGRAM} status --agent ID`,
  ].join('\n');
}

function renderOutcome(
  { requestId, status, changes, toggles, conflicts, problem }: RequestOutcome,
  agentId: string,
): string {
  return [
    `${status}: agent ${agentId}, request ${requestId} (${MEANING[status]})`,
    ...renderChanges(changes),
    `  toggles: ${toggles}, conflicts: ${conflicts}`,
    ...(problem === undefined ? [] : [`${problem.code}: ${problem.message}`]),
  ].join('\n');
}

function renderParked(parked: Extract<Settlement, { kind: 'parked' }>, agentId: string): string {
  const { requestId, reason, since, problem, actions, changes } = parked;
  const blocked = reason === 'blocked-by-reconciliation';
  const next = blocked
    ? ['Another request of this agent waits for a person; this one goes on when that is decided:']
    : ['A person has to decide:'];
  return [
    `awaiting-reconciliation: agent ${agentId}, request ${requestId}, ${reason}${since === undefined ? '' : ` since ${since}`}`,
    ...renderChanges(changes ?? []),
    ...(problem === undefined ? [] : [problem.message]),
    ...next,
    ...(blocked ? [`  ${PROGRAM} status --agent ${agentId}`] : reconcileHint(agentId, requestId, actions)),
  ].join('\n');
}

/** A line for each action, to be copied. */
function reconcileHint(agentId: string, requestId: string, actions: readonly string[] | undefined): string[] {
  return (actions ?? ['retry', 'accept', 'rollback', 'abandon']).map(
    (action) =>
      `  ${PROGRAM} reconcile --agent ${agentId} --request-id ${requestId} --action ${action} --by WHO --note TEXT`,
  );
}

function renderChanges(changes: readonly ChangeOutcome[]): string[] {
  if (changes.length === 0) return [];
  const rows = changes.map((change) => [
    skillName(change),
    change.requestedLevel === 0 ? 'remove' : askedLevel(change),
    levelText(change.previousLevel),
    '→',
    levelText(change.level),
  ]);
  return renderTable(['skill', 'asked', 'before', '', 'routing now'], rows);
}

function skillName({ skillId, name }: ChangeOutcome): string {
  if (name === undefined || skillId === undefined) return name ?? skillId ?? '?';
  return `${name} (${skillId})`;
}

function askedLevel({ requestedLevel, targetLevel }: ChangeOutcome): string {
  const corrected = targetLevel !== undefined && targetLevel !== requestedLevel;
  return corrected ? `${requestedLevel} (as ${targetLevel})` : String(requestedLevel);
}

/** A level for people. */
export function levelText(level: number | undefined): string {
  if (level === undefined) return '?';
  return level === 0 ? 'none' : String(level);
}

function requestRow({ requestId, state, since, requestedBy, reason, outcome }: RequestStatus): string[] {
  return [requestId, outcome?.status ?? state, since ?? '', requestedBy ?? '', reason ?? outcome?.problem?.code ?? ''];
}
