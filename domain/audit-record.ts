import type { SkillLevel } from './inventory.ts';
import type { OutcomeStatus, Problem } from './outcome.ts';

/** Whether what a record tells of succeeded. `unknown` is closed later: an intent by its outcome, an event by `closes`. */
export type AuditOutcome = 'success' | 'failure' | 'noop' | 'unknown';

export type AuditStage = 'intent' | 'outcome' | 'event';

/** What an `event` tells of. */
export type AuditEventStatus =
  /** What a person ordered about a request; `failure` where it could not be carried out, `noop` where it had been. */
  | 'reconcile-retry'
  | 'reconcile-accept'
  | 'reconcile-rollback'
  | 'reconcile-abandon'
  | 'reconcile'
  | 'cancel'
  /** A request waits for a person, and what it has done is not known for certain; `unknown`. */
  | 'parked'
  /** Closes the `parked` that it names, when the request has ended. */
  | 'reconciled'
  /** Something that was submitted and never became a request. */
  | 'refused'
  | 'temporary-extend'
  | 'temporary-end'
  | 'temporary-cancel'
  | 'temporary-overstayed'
  | 'drift'
  /** The platform gave a worker no token, or one that lacks scopes. */
  | 'login-failed'
  | 'scope-missing';

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

/** Where a record of a workflow comes from. The workflow fills all but `host`, which the worker that writes it adds. */
export interface WorkflowOrigin {
  workflowId: string;
  runId: string;
  /** Number of the PATCH attempt; 0 where there was none. */
  attempt: number;
  host?: string;
}

/** Where a record of a worker itself comes from. */
export interface WorkerOrigin {
  host: string;
  /** The process, as the platform knows it from the User-Agent. */
  instance: string;
}

export type AuditOrigin = WorkflowOrigin | WorkerOrigin;

interface Facts {
  stage: AuditStage;
  outcome: AuditOutcome;
  /** Who acted: the requester, the operator who gave the order, or the worker's instance. */
  actor: string;
  tenantId: string;
  problem?: Problem;
  /** Who gave an order and their note: for an `event`, and for the outcome of a request that was to be cancelled. */
  operator?: string;
  note?: string;
}

/** About a request that a run has taken, or that was well formed and refused. */
export interface RequestAuditData extends Facts {
  /** How the request ended (`outcome`) or what happened (`event`). An intent has none. */
  status?: OutcomeStatus | AuditEventStatus;
  requestId: string;
  requestedBy: string;
  reason: string;
  ticket?: string;
  agentId: string;
  changes: AuditedChange[];
  /** The agent's inventory in the directory, as read before the write. */
  before?: SkillLevel[];
  /** The same after it. */
  after?: SkillLevel[];
  /** The id of the `unknown` record that a `reconciled` event closes. */
  closes?: string;
  origin: WorkflowOrigin;
}

/** About something that belongs to no request: what a worker met, or what a run was sent and could make nothing of. */
export interface OtherAuditData extends Facts {
  stage: 'event';
  status: AuditEventStatus;
  /** As far as they are known. */
  agentId?: string;
  requestId?: string;
  requestedBy?: never;
  reason?: never;
  ticket?: never;
  changes?: never;
  before?: never;
  after?: never;
  closes?: never;
  origin: AuditOrigin;
}

export type AuditData = RequestAuditData | OtherAuditData;

/** One entry of the audit trail: a CloudEvents 1.0 envelope. `id` and `time` are fixed where the event is noticed. */
export interface AuditRecord<Data extends AuditData = AuditData> {
  specversion: '1.0';
  id: string;
  source: string;
  /** `skill-provisioner.{stage}.v1` */
  type: string;
  /** The agent, or the tenant for what concerns none. */
  subject: string;
  /** ISO 8601, UTC. */
  time: string;
  datacontenttype: 'application/json';
  dataschema: string;
  data: Data;
}

/** Names the published schema of `data`, docs/schemas/audit-record.schema.json, with its version. */
export const AUDIT_DATA_SCHEMA = 'urn:skill-provisioner:audit-record:1';

/** Stands in for an actor or a tenant that what was sent did not name. No id of ours looks like it. */
export const UNNAMED = '-';

export function auditType(stage: AuditStage): string {
  return `skill-provisioner.${stage}.v1`;
}

/** The envelope that all records share. */
export function auditRecord<Data extends AuditData>(
  id: string,
  subject: string,
  time: string,
  data: Data,
): AuditRecord<Data> {
  return {
    specversion: '1.0',
    id,
    source: `skill-provisioner/${data.tenantId}`,
    type: auditType(data.stage),
    subject,
    time,
    datacontenttype: 'application/json',
    dataschema: AUDIT_DATA_SCHEMA,
    data,
  };
}

const OUTCOMES: Record<Exclude<OutcomeStatus, 'cancelled'>, AuditOutcome> = {
  provisioned: 'success',
  accepted: 'success',
  unchanged: 'noop',
  rejected: 'failure',
  failed: 'failure',
  abandoned: 'failure',
  'rolled-back': 'failure',
};

/** What the end of a request is in the trail's words; `wrote`: something was, or may have been, done to the agent. */
export function auditOutcomeOf(status: OutcomeStatus, wrote: boolean): AuditOutcome {
  if (status === 'cancelled') return wrote ? 'failure' : 'noop';
  return OUTCOMES[status];
}
