import { patched } from '@temporalio/workflow';
import type { AuditRecord } from '../domain/audit-record.ts';

/**
 * Events that the audit trail has still to be told of. Handlers may only note; the run appends what is noted together
 * with the next outcome, at the latest before it waits for a person or ends.
 */
export class EventJournal {
  private noted: AuditRecord[] = [];
  private count = 0;
  private readonly refusals = new Set<string>();

  get isEmpty(): boolean {
    return this.noted.length === 0;
  }

  /** Notes the event that `make` makes, given a name of it that is unique in the run. Runs of before have none. */
  note(make: (name: string) => AuditRecord): boolean {
    if (!patched('audit-events')) return false;
    this.count += 1;
    this.noted.push(make(`${Date.now()}-${this.count}`));
    return true;
  }

  /** The same, once for everything that has this key: what is sent again is refused again, and is no news. */
  noteOnce(key: string, make: (name: string) => AuditRecord): void {
    if (this.refusals.has(key)) return;
    if (this.note(make) && this.refusals.size < MAX_REFUSALS) this.refusals.add(key);
  }

  /** What is noted; the caller appends it. */
  take(): AuditRecord[] {
    const taken = this.noted;
    this.noted = [];
    return taken;
  }
}

const MAX_REFUSALS = 1_000;
