import ms from 'ms';
import type { DriftReport } from '../../domain/drift.ts';
import { describeFacts } from '../../domain/skill-facts.ts';
import type { DriftWatch } from '../code/drift.ts';
import { agentsText, levelText } from './code-render.ts';
import { renderTable } from './table.ts';

export function renderDrift(report: DriftReport): string {
  const { drifted, inDirectory, inRouting, agentsCompared, source, unknown, unread, problems } = report;
  const rows = drifted.flatMap(({ agentId, directory, routing, leftOut, repair }) => {
    const steps = [
      ...directory.map((step) => ['directory', step] as const),
      ...routing.map((step) => ['routing', step] as const),
    ].map(([where, step]) => [where, describeFacts(step), levelText(step.from), '→', levelText(step.to)]);
    const more = leftOut === undefined ? [] : [['', `… and ${leftOut} more`, '', '', '']];
    const repaired = repair === undefined ? '' : 'requestId' in repair ? repair.requestId : repair.problem.message;
    return [...steps, ...more].map((step) => [agentId, ...step, repaired]);
  });
  const more = inDirectory + inRouting > drifted.length ? [`  … the first ${drifted.length} agents`] : [];
  const compared = `${agentsText(agentsCompared)} compared with ${source.name} at ${report.startedAt}`;
  return [
    ...(rows.length === 0 ? [] : renderTable(['agent', 'where', 'skill', 'now', '', 'file', 'repair'], rows)),
    ...more,
    ...problems.map(({ message }) => `warning: ${message}`),
    ...(unknown.length === 0 ? [] : [`warning: the platform does not know ${unknown.join(', ')}`]),
    ...(unread.length === 0 ? [] : [`warning: the platform gave no answer about ${unread.join(', ')}`]),
    inDirectory + inRouting === 0
      ? `No drift: ${compared}.`
      : `Drift: ${agentsText(inDirectory)} in the directory, ${inRouting} in routing; ${compared}.`,
  ].join('\n');
}

export function renderWatches(watches: readonly DriftWatch[]): string {
  if (watches.length === 0) return 'Nothing watches for drift.';
  const rows = watches.map(({ name, source = '?', everyMs, repair, nextAt }) => [
    name,
    source,
    everyMs === undefined ? '?' : ms(everyMs),
    repair === undefined ? '?' : repair ? 'yes' : 'no',
    nextAt ?? '',
  ]);
  const warnings = watches.flatMap(({ name, unreadable }) =>
    unreadable === undefined ? [] : [`warning: what ${name} watches can't be read. ${unreadable}`],
  );
  return [...renderTable(['name', 'file', 'every', 'repairs', 'next'], rows), ...warnings].join('\n');
}
