import type { AuditedChange, AuditOrigin, AuditRecord } from '../../domain/audit-record.ts';
import { writeCsvRow } from '../../files/csv-row.ts';

const COLUMNS = [
  'time',
  'tenant',
  'type',
  'stage',
  'status',
  'outcome',
  'actor',
  'requested_by',
  'operator',
  'agent',
  'request_id',
  'ticket',
  'reason',
  'note',
  'action',
  'skill_id',
  'skill',
  'level_asked',
  'level_target',
  'level_before',
  'level_after',
  'problem_code',
  'problem',
  'workflow_id',
  'run_id',
  'attempt',
  'host',
  'instance',
  'closes',
  'id',
] as const;

type Row = Partial<Record<(typeof COLUMNS)[number], string | number | undefined>>;

/** The first line of records as a table. */
export const CSV_HEADER = writeCsvRow(COLUMNS);

/**
 * A record as rows, one for each of its changes, or one where it has none. A level is 0 where the agent did not have the
 * skill, and empty where nobody has read it.
 */
export function toCsvRows(record: AuditRecord): string {
  const changes = record.data.changes ?? [];
  const rows = changes.length === 0 ? [toRow(record, undefined)] : changes.map((change) => toRow(record, change));
  return rows.map((row) => writeCsvRow(COLUMNS.map((name) => String(row[name] ?? '')))).join('');
}

function toRow({ id, time, type, data }: AuditRecord, change: AuditedChange | undefined): Row {
  return {
    time,
    tenant: data.tenantId,
    type,
    stage: data.stage,
    status: data.status,
    outcome: data.outcome,
    actor: data.actor,
    requested_by: data.requestedBy,
    operator: data.operator,
    agent: data.agentId,
    request_id: data.requestId,
    ticket: data.ticket,
    reason: data.reason,
    note: data.note,
    action: change?.action,
    skill_id: change?.skillId,
    skill: change?.name,
    level_asked: change?.requestedLevel,
    level_target: change?.targetLevel,
    level_before: levelIn(data.before, change?.skillId),
    level_after: levelIn(data.after, change?.skillId),
    problem_code: data.problem?.code,
    problem: data.problem?.message,
    ...originOf(data.origin),
    closes: data.closes,
    id,
  };
}

/** 0 where the inventory does not have the skill; undefined where there is no inventory, or no id to look for. */
export function levelIn(
  inventory: readonly { skillId: string; level: number }[] | undefined,
  skillId: string | undefined,
): number | undefined {
  if (inventory === undefined || skillId === undefined) return undefined;
  return inventory.find((skill) => skill.skillId === skillId)?.level ?? 0;
}

function originOf(origin: AuditOrigin): Row {
  if (!('workflowId' in origin)) return { host: origin.host, instance: origin.instance };
  const { workflowId, runId, attempt, host } = origin;
  return { workflow_id: workflowId, run_id: runId, attempt, host };
}
