import type { PackedState } from './desired-state.ts';
import type { Problem } from './outcome.ts';
import type { SkillStep } from './state-difference.ts';

/** The registered name of the workflow that compares a desired state with directory and routing. */
export const DRIFT_CHECK_WORKFLOW = 'DriftCheckWorkflow';

/** What a check is started with, by a schedule or once. */
export interface DriftCheckInput {
  tenantId: string;
  state: PackedState;
  /** The file it was made from, and its SHA-256. */
  source: { name: string; sha256: string };
  /** Who wants to know, and why; audited with what is found. */
  requestedBy: string;
  reason: string;
  /** Have what has drifted put right. Otherwise nothing is written. */
  repair: boolean;
  /** What routing has to follow the directory before it counts as drifted. */
  settleMs: number;
}

/** An agent who is not as the file says, with what would have to change. */
export interface DriftedAgent {
  agentId: string;
  directory: SkillStep[];
  /** Routing differs where the directory does not. */
  routing: SkillStep[];
  /** How many more steps there are, for which the report had no room. */
  leftOut?: number;
  /** The request that puts it right, or why there is none. */
  repair?: { requestId: string } | { problem: Problem };
}

export interface DriftReport {
  /** ISO 8601, UTC. */
  startedAt: string;
  endedAt?: string;
  source: { name: string; sha256: string };
  agentsCompared: number;
  inDirectory: number;
  inRouting: number;
  /** The first {@link MAX_REPORTED_AGENTS}. */
  drifted: DriftedAgent[];
  unknown: string[];
  unread: string[];
  /** Why something of the file can't be carried out; the first {@link MAX_REPORTED_PROBLEMS}. */
  problems: Problem[];
}

export const MAX_REPORTED_AGENTS = 200;
export const MAX_REPORTED_PROBLEMS = 50;
/** Of the steps in a report. From run to run it goes beside the input, and both together have to stay under 2 MB. */
export const MAX_REPORTED_BYTES = 300_000;
/** A start argument has to stay well under the server's 2 MB. */
export const MAX_STATE_BYTES = 1_500_000;

export const DRIFT_NAME_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

export function driftScheduleId(tenantId: string, name: string): string {
  return `drift/${tenantId}/${name}`;
}

/** Of checks by a schedule, which adds the time, and of one that is made once. */
export function driftCheckWorkflowId(tenantId: string, name: string): string {
  return `drift-check/${tenantId}/${name}`;
}
