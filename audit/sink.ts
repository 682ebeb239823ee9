import type { AuditRecord } from '../domain/audit-record.ts';

export interface AppendOptions {
  /** Look each id up first, and don't write it again: for a caller who doesn't know what became of an earlier try. */
  checkExisting: boolean;
}

/** Where audit records go. A record may turn up twice (two hosts, a rotated file); readers go by its id. */
export interface AuditSink {
  /**
   * Resolves when all records are on stable storage. Throws `AuditUnavailableError` (some may have been written) or
   * `AuditUnrecordableError` (none was).
   */
  append(records: readonly AuditRecord[], options: AppendOptions): Promise<void>;
  /** Throws `AuditUnavailableError` if a record could not be written now, as far as can be told without writing one. */
  check(): Promise<void>;
  /** Waits for what was appended, then releases the storage. Later appends throw `AuditUnavailableError`. */
  close(): Promise<void>;
}
