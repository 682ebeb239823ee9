import type { AgentsPage } from '../domain/agents-page.ts';
import {
  MAX_REPORTED_AGENTS,
  MAX_REPORTED_BYTES,
  type DriftCheckInput,
  type DriftedAgent,
  type DriftReport,
} from '../domain/drift.ts';
import { utf8Size } from '../domain/utf8-size.ts';

export function emptyReport({ source }: Pick<DriftCheckInput, 'source'>): DriftReport {
  return {
    startedAt: new Date().toISOString(),
    source,
    agentsCompared: 0,
    inDirectory: 0,
    inRouting: 0,
    drifted: [],
    unknown: [],
    unread: [],
    problems: [],
  };
}

/** Notes who could not be compared. */
export function reportMissing(report: DriftReport, { unknown, unread }: Pick<AgentsPage, 'unknown' | 'unread'>): void {
  keepSome(report.unknown, unknown, MAX_REPORTED_AGENTS);
  keepSome(report.unread, unread, MAX_REPORTED_AGENTS);
}

/** Notes who has drifted. What does not fit is counted: the report goes from run to run beside the desired state. */
export function reportDrifted({ drifted }: DriftReport, found: readonly DriftedAgent[]): void {
  let room = MAX_REPORTED_BYTES - sizeOf(drifted);
  for (const agent of found.slice(0, Math.max(MAX_REPORTED_AGENTS - drifted.length, 0))) {
    const fits = (step: object): boolean => {
      room -= sizeOf(step);
      return room >= 0;
    };
    const [directory, routing] = [agent.directory.filter(fits), agent.routing.filter(fits)];
    const leftOut = agent.directory.length + agent.routing.length - directory.length - routing.length;
    drifted.push({ ...agent, directory, routing, ...(leftOut === 0 ? {} : { leftOut }) });
  }
}

export function keepSome<T>(kept: T[], more: readonly T[], limit: number): void {
  kept.push(...more.slice(0, Math.max(limit - kept.length, 0)));
}

function sizeOf(value: object): number {
  return utf8Size(JSON.stringify(value));
}
