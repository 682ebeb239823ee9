import type { SkillLevel } from './inventory.ts';
import type { Problem } from './outcome.ts';

/** One wish in an audit record: what was asked and what was made of it. */
export interface AuditedChange {
  action: 'assign' | 'remove';
  skillId?: string;
  name?: string;
  /** As asked; 0 = removal. */
  requestedLevel: number;
  /** After rounding. */
  targetLevel?: number;
}

/** Where a record comes from. The workflow fills all but `host`, which the worker that writes it adds. */
export interface AuditOrigin {
  workflowId: string;
  runId: string;
  /** Number of the PATCH attempt; 0 where there was none. */
  attempt: number;
  host?: string;
}

export interface AuditData {
  stage: 'intent' | 'outcome' | 'event';
  /** How the request ended (`outcome`), or what a person did (`event`: `reconcile-retry`, `cancel`, …). */
  outcome?: string;
  requestId: string;
  requestedBy: string;
  reason: string;
  ticket?: string;
  tenantId: string;
  agentId: string;
  changes: AuditedChange[];
  /** The agent's inventory in the directory, as read before the write. */
  before?: SkillLevel[];
  /** The same after it. */
  after?: SkillLevel[];
  /** Who acted and their note, for an `event` and for the outcome of a request that was to be cancelled. */
  operator?: string;
  note?: string;
  origin: AuditOrigin;
  problem?: Problem;
}

/** One line of the audit trail: a CloudEvents 1.0 envelope. `id` and `time` are fixed in the workflow. */
export interface AuditRecord {
  specversion: '1.0';
  id: string;
  source: string;
  type: string;
  subject: string;
  /** ISO 8601, UTC. */
  time: string;
  datacontenttype: 'application/json';
  data: AuditData;
}
