import { DatabaseError } from 'pg';
import { AuditUnavailableError, AuditUnreachableError } from './errors.ts';

/** What Node says of a peer that is not there, or no longer. */
const NOT_THERE = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN'];
/**
 * Classes and codes of PostgreSQL: no connection, resources used up, stopping or starting, only reading, a transaction
 * that was idle for too long.
 */
const PASSING = /^(?:08|53|57|25006|25P03|40)/;
/** Data it can't take, constraints, limits of its own. */
const NEVER = /^(?:22|23|54)/;
const CHECK_VIOLATION = '23514';
/** What `audit.records` checks of a record. */
export const RECORD_CHECKS: readonly string[] = ['key_of_record', 'size_of_record', 'tenant_of_record'];

/** Whether the database will refuse these records each time. */
export function isNeverWritable(error: unknown): boolean {
  return error instanceof DatabaseError && NEVER.test(error.code ?? '') && !isOfPartition(error);
}

/** A row met a partition that is being made at this moment. The next time it goes to where it belongs. */
function isOfPartition({ code, constraint }: DatabaseError): boolean {
  return code === CHECK_VIOLATION && !RECORD_CHECKS.includes(constraint ?? '');
}

/** Whether the session is of no use any more: it broke, or there is a statement under way that nobody waits for. */
export function isSessionLost(error: unknown): boolean {
  return !(error instanceof DatabaseError) || /^(?:08|57P|25P03)/.test(error.code ?? '');
}

/** An error of `pg` in the trail's terms. Its details are left out: they repeat what a row holds. */
export function toUnavailable(error: unknown, where: string): AuditUnavailableError {
  if (error instanceof AuditUnavailableError) return error;
  const message = `The audit trail (${where}) can't be written: ${reasonOf(error)}`;
  return isPassing(error)
    ? new AuditUnreachableError(message, { cause: error })
    : new AuditUnavailableError(message, { cause: error });
}

/** What the database says, in one line, with what to do where that is known. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  const said = error instanceof AggregateError ? error.errors.map(reasonOf).join(', ') : messageOf(error);
  if (['42P01', '42883', '3F000'].includes(code)) return `${said}; run "cxone-skills audit migrate" as its owner`;
  if (code === '42501') return `${said}; grant its user the role audit_writer`;
  return said;
}

function isPassing(error: unknown): boolean {
  if (error instanceof DatabaseError) return PASSING.test(error.code ?? '') || isOfPartition(error);
  if (error instanceof AggregateError) return error.errors.every(isPassing);
  // What pg itself says has no code: a connection that ended, a time that was over.
  return NOT_THERE.includes(codeOf(error)) || /terminated|timeout/i.test(messageOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function messageOf(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : 'no answer';
}
