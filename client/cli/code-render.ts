import type { SavedPlan } from '../../domain/plan.ts';
import { describeFacts } from '../../domain/skill-facts.ts';
import type { AppliedRequest } from '../code/applied.ts';
import type { RequestEnd } from '../code/carry-out.ts';
import type { LeftStep } from '../code/rollback.ts';
import { PROGRAM } from './commands.ts';
import { EXIT, exitCodeOfOutcome } from './exit-codes.ts';
import { renderTable } from './table.ts';

/** Nobody reads more lines than these; a program takes --json, or the saved plan. */
const MAX_ROWS = 500;

export function renderPlan({ agents, agentsCompared, warnings }: SavedPlan, out: string | undefined): string {
  const rows = agents.flatMap(({ agentId, steps }) =>
    steps.map((step) => [agentId, describeFacts(step), levelText(step.from), '→', levelText(step.to)]),
  );
  const warned = warnings.map(({ message, agentIds }) => {
    const who = agentIds.length === 0 ? '' : ` Agents: ${agentIds.join(', ')}.`;
    return `warning: ${message}${who}`;
  });
  const compared = `${agentsText(agentsCompared)} compared`;
  if (rows.length === 0) {
    const rest = warned.length === 0 ? 'all as the file says' : 'as the file says but for the warnings';
    return [...warned, `Nothing to change: ${compared}, ${rest}.`].join('\n');
  }
  const next =
    out === undefined
      ? 'Save it with --out PATH to apply it.'
      : `Apply it: ${PROGRAM} apply --plan ${out} --by WHO --reason WHY`;
  return [
    ...renderTable(['agent', 'skill', 'now', '', 'then'], rows.slice(0, MAX_ROWS)),
    ...(rows.length > MAX_ROWS ? [`  … and ${rows.length - MAX_ROWS} more`] : []),
    '',
    ...warned,
    `${rows.length} ${rows.length === 1 ? 'change' : 'changes'} of ${agentsText(agents.length)}, ${compared}. ${next}`,
  ].join('\n');
}

/** How many requests ended how, and those that did not do what they were for. */
export function renderEnds(ends: readonly RequestEnd[]): string[] {
  if (ends.length === 0) return ['Nothing to do.'];
  const counts = new Map<string, number>();
  for (const end of ends) counts.set(statusOf(end), (counts.get(statusOf(end)) ?? 0) + 1);
  const rows = ends
    .filter((end) => exitCodeOfEnds([end]) !== EXIT.done)
    .map((end) => [end.agentId, end.requestId, statusOf(end), whatOf(end)]);
  return [
    [...counts].map(([status, count]) => `${status}: ${count}`).join(', '),
    ...(rows.length === 0 ? [] : renderTable(['agent', 'request', 'status', 'what'], rows)),
  ];
}

export function renderLeft(left: readonly LeftStep[]): string[] {
  if (left.length === 0) return [];
  const rows = left.map(({ agentId, step, level }) => [
    agentId,
    describeFacts(step),
    levelText(step.to),
    level === undefined ? 'unknown agent' : levelText(level),
  ]);
  const header = 'Left as it is, since somebody else has changed it, or may have:';
  return [header, ...renderTable(['agent', 'skill', 'applied', 'now'], rows)];
}

export function renderOpen(open: readonly AppliedRequest[]): string[] {
  if (open.length === 0) return [];
  return [
    'Requests of the apply that have no outcome. If the run was terminated, look at the agent; cancel the others or',
    'decide about them, and roll back again:',
    ...open.map(
      ({ agentId, requestId }) =>
        `  ${PROGRAM} cancel --agent ${agentId} --request-id ${requestId} --by WHO --note TEXT`,
    ),
  ];
}

export function endDocument(end: RequestEnd): object {
  const { agentId, requestId } = end;
  const base = { agentId, requestId, status: statusOf(end) };
  if (end.kind === 'ended') return { ...base, ...end.outcome };
  if (end.kind === 'parked') return { ...end.parked, ...base };
  return end.kind === 'error' ? { ...base, problem: { code: end.code, message: end.message } } : base;
}

/** What failed goes before what waits for a person, and that before what is still running. */
export function exitCodeOfEnds(ends: readonly RequestEnd[]): number {
  const codes = new Set(ends.map(exitCodeOfEnd));
  const worst = [EXIT.notProvisioned, EXIT.awaitingReconciliation, EXIT.stillRunning].find((code) => codes.has(code));
  return worst ?? EXIT.done;
}

function exitCodeOfEnd(end: RequestEnd): number {
  if (end.kind === 'parked') return EXIT.awaitingReconciliation;
  if (end.kind === 'running') return EXIT.stillRunning;
  const done = end.kind === 'ended' && exitCodeOfOutcome(end.outcome.status) === EXIT.done;
  return done ? EXIT.done : EXIT.notProvisioned;
}

function statusOf(end: RequestEnd): string {
  if (end.kind === 'ended') return end.outcome.status;
  return end.kind === 'parked' ? 'awaiting-reconciliation' : end.kind === 'running' ? 'running' : 'failed';
}

function whatOf(end: RequestEnd): string {
  if (end.kind === 'ended') return end.outcome.problem?.message ?? '';
  if (end.kind === 'parked') return end.parked.reason;
  return end.kind === 'error' ? end.message : 'goes on';
}

/** `1 agent`, `2 agents`. */
export function agentsText(count: number): string {
  return count === 1 ? '1 agent' : `${count} agents`;
}

export function levelText(level: number): string {
  return level === 0 ? 'none' : String(level);
}
