import { AuditUnavailableError } from './errors.ts';
import type { RecordLine } from './record-line.ts';

/** One append that waits for its turn. One without lines only asks whether it could be written. */
export interface PendingAppend {
  lines: readonly RecordLine[];
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Appends that are written together are at most so many records and bytes, unless one alone is more. */
const MAX_BATCH_RECORDS = 1_000;
const MAX_BATCH_BYTES = 4_194_304;
/** What waits beyond that is refused. A worker's hundred activities, each with all it may hold, wait below it. */
const MAX_WAITING_BYTES = 134_217_728;

/**
 * Writes one batch at a time; what comes in meanwhile makes the next. Each append is settled by `write`. A caller waits
 * until its records are written, so that a slow database slows its writers down.
 */
export function createAppendQueue(write: (batch: readonly PendingAppend[]) => Promise<void>) {
  const waiting: PendingAppend[] = [];
  let waitingBytes = 0;
  let working: Promise<void> | undefined;

  async function work(): Promise<void> {
    // One turn of the loop first, so that appends made together share a batch.
    await Promise.resolve();
    while (waiting.length > 0) await write(nextBatch());
    working = undefined;
  }

  function nextBatch(): PendingAppend[] {
    const batch: PendingAppend[] = [];
    let records = 0;
    let bytes = 0;
    for (const append of waiting) {
      records += append.lines.length;
      bytes += sizeOf(append.lines);
      if (batch.length > 0 && (records > MAX_BATCH_RECORDS || bytes > MAX_BATCH_BYTES)) break;
      batch.push(append);
      waitingBytes -= sizeOf(append.lines);
    }
    waiting.splice(0, batch.length);
    return batch;
  }

  return {
    add(lines: readonly RecordLine[]): Promise<void> {
      if (waitingBytes > MAX_WAITING_BYTES) {
        return Promise.reject(
          new AuditUnavailableError('The audit trail takes no more: too much waits to be written.'),
        );
      }
      return new Promise((resolve, reject) => {
        waiting.push({ lines, resolve, reject });
        waitingBytes += sizeOf(lines);
        working ??= work();
      });
    },
    /** Resolves when nothing waits. */
    async idle(): Promise<void> {
      await working;
    },
  };
}

function sizeOf(lines: readonly RecordLine[]): number {
  return lines.reduce((sum, { bytes }) => sum + bytes.length, 0);
}
