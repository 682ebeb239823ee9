import { levelOf } from '../domain/inventory.ts';
import { describeSkill } from '../domain/request.ts';
import type { AgentRun } from './agent-run.ts';
import { applicableActions, requestedLevel, type OpenRequest } from './open-request.ts';
import type { ReconcileAction } from './provision-skill.messages.ts';

const MEANING: Record<ReconcileAction, string> = {
  retry: 'try again, with three toggles and five conflicts afresh',
  accept: 'leave everything as it is now and close the request; the outcome says what really holds',
  rollback: 'give the skills that this request changed their former levels back, unless somebody else has changed them',
  abandon: 'close the request without doing anything more',
};

/** The text an operator reads in the Web UI: what is going on, and what a person can do. Markdown. */
export function detailsOf(run: AgentRun): string {
  const waiting = run.queue.parked;
  if (waiting.length > 0) return waitingText(run, waiting);
  const open = run.queue.open.length;
  const doing = run.waitingFor === undefined ? run.state : `${run.state}, waiting for: ${run.waitingFor}`;
  return open === 0
    ? `Agent **${run.agentId}**: nothing left to do.`
    : `Agent **${run.agentId}**: ${doing}. ${open === 1 ? 'One request is open.' : `${open} requests are open.`}`;
}

function waitingText(run: AgentRun, waiting: readonly OpenRequest[]): string {
  const behind = run.queue.open.length - waiting.length;
  return [
    `# Agent ${run.agentId} needs a person`,
    queueLine(run, waiting),
    ...waiting.map((entry) => parkedText(run, entry)),
    ...(behind === 0 ? [] : [`${behind} more request(s) for this agent wait until this is decided.`]),
  ].join('\n\n');
}

function queueLine(run: AgentRun, waiting: readonly OpenRequest[]): string {
  if (waiting.some(({ progress }) => progress.agentOut)) {
    return '**The agent is out of the queue and gets no contacts**: we set them NOTAVAILABLE and could not set them AVAILABLE again.';
  }
  if (run.agentState === undefined)
    return 'Whether the agent is in the queue is not known: their state was never read.';
  const { state, readAt } = run.agentState;
  const at = new Date(readAt).toISOString();
  return state === 'NOTAVAILABLE'
    ? `The agent is not in the queue: NOTAVAILABLE by their own doing, as last read at ${at}.`
    : `The agent is in the queue: ${state}, as last read at ${at}.`;
}

function parkedText(run: AgentRun, entry: OpenRequest): string {
  const { request, parked } = entry;
  const since = parked === undefined ? '' : new Date(parked.since).toISOString();
  const escalated = parked?.escalated === true ? ' **Escalated: nobody has decided in time.**' : '';
  return [
    `## Request ${request.requestId}: ${parked?.reason ?? ''}`,
    `${parked?.message ?? ''}${escalated}`,
    `Asked by ${plain(request.requestedBy)} (${plain(request.reason)}${request.ticket === undefined ? '' : `, ${plain(request.ticket)}`}); waits since ${since}.`,
    ['| skill | asked | directory | routing |', '|---|---|---|---|', ...skillRows(entry)].join('\n'),
    'What you can do:',
    // Paragraphs: the Web UI breaks a list with code in it apart.
    ...applicableActions(entry).map(
      (action) => `**${action}**: ${MEANING[action]}\n\n\`${command(run, entry, action)}\``,
    ),
  ].join('\n\n');
}

function skillRows({ request, progress }: OpenRequest): string[] {
  return request.changes.map((change, index) => {
    const found = progress.resolved?.[index];
    const name = plain(found?.name === undefined ? describeSkill(change.skill) : describeSkill(found));
    const asked = askedLevel(requestedLevel(change), found?.targetLevel);
    const shown = (inventory: typeof progress.after): string => {
      if (found === undefined || inventory === undefined) return 'not read';
      const level = levelOf(inventory, found.skillId);
      return level === 0 ? 'not assigned' : String(level);
    };
    return `| ${name} | ${asked} | ${shown(progress.after)} | ${shown(progress.routing)} |`;
  });
}

/** As asked, with what it was rounded to. */
function askedLevel(requested: number, target = requested): string {
  if (requested === 0) return 'removed';
  return requested === target ? String(requested) : `${requested}, rounded to ${target}`;
}

function command(run: AgentRun, { request }: OpenRequest, action: ReconcileAction): string {
  return `cxone-skills reconcile --agent ${run.agentId} --request-id ${request.requestId} --action ${action} --by "YOUR NAME" --note "WHY"`;
}

/** A caller's text inside Markdown: one line, formatting characters escaped. */
export function plain(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\\|`*_<>[\]#]/g, '\\$&')
    .trim();
}
