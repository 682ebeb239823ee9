import type { AuditedChange, AuditRecord } from '../../domain/audit-record.ts';
import type { OpenIntent } from '../../audit/open-intents.ts';
import { levelIn } from '../audit/csv.ts';
import { PROGRAM } from './commands.ts';
import { levelText } from './render.ts';
import { renderTable } from './table.ts';

/** Longer texts are cut; `--json` has all of it. */
const WIDEST = 48;

/** Records as a table: one line each, the oldest first. */
export function renderRecords(records: readonly AuditRecord[], leftOut: number, zone: string): string {
  if (records.length === 0) return 'The audit trail has no such record.';
  const rows = records.map((record) => [
    local(record.time, zone),
    record.data.status ?? record.data.stage,
    record.data.outcome + (record.data.problem === undefined ? '' : ` (${record.data.problem.code})`),
    record.data.actor,
    record.subject,
    record.data.requestId ?? '',
    changesText(record),
    record.data.note ?? record.data.reason ?? record.data.problem?.message ?? '',
  ]);
  const titles = [`time (${zone})`, 'what', 'outcome', 'who', 'agent', 'request', 'before → after', 'why'];
  return [
    ...renderTable(
      titles,
      rows.map((row) => row.map(cell)),
      '',
    ),
    '',
    leftOut === 0
      ? `${records.length} record${records.length === 1 ? '' : 's'}`
      : `the newest ${records.length}; ${leftOut} older ones are not shown, "${PROGRAM} audit export" has all`,
  ].join('\n');
}

/** Writes without an outcome as a table. */
export function renderOpenIntents(intents: readonly OpenIntent[], zone: string): string {
  if (intents.length === 0) return 'Every write that was announced has its outcome.';
  const rows = intents.map(({ since, agentId, requestId, requestedBy, ticket, intents: count, parked }) => [
    local(since, zone),
    agentId,
    requestId,
    requestedBy,
    ticket ?? '',
    String(count),
    parked === undefined ? 'no outcome' : `waits for a person: ${parked}`,
  ]);
  return [
    ...renderTable(
      [`since (${zone})`, 'agent', 'request', 'by', 'ticket', 'writes', 'state'],
      rows.map((row) => row.map(cell)),
      '',
    ),
    '',
    `See where one stands: ${PROGRAM} status --agent ID`,
  ].join('\n');
}

/** `Billing 1 → 4, Spanish none → ?`: what the directory had, and has or is to have. */
function changesText({ data }: AuditRecord): string {
  return (data.changes ?? [])
    .map((change) => `${change.name ?? change.skillId ?? '?'} ${levels(change, data)}`)
    .join(', ');
}

function levels(change: AuditedChange, { stage, before, after }: AuditRecord['data']): string {
  const from = levelText(levelIn(before, change.skillId));
  const wished = change.targetLevel ?? change.requestedLevel;
  const to = stage === 'intent' ? wished : levelIn(after, change.skillId);
  if (before === undefined && after === undefined) return `to ${levelText(wished)}`;
  return `${from} → ${levelText(to)}`;
}

/** Nothing in a record may steer the terminal it is shown on. */
function cell(text: string): string {
  const harmless = text.replaceAll(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ');
  return harmless.length > WIDEST ? `${harmless.slice(0, WIDEST - 1)}…` : harmless;
}

function local(time: string, timeZone: string): string {
  return new Date(time).toLocaleString('sv-SE', { timeZone });
}
