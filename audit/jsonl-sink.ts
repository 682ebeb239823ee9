import { AuditUnavailableError } from './errors.ts';
import { readLines } from './lines.ts';
import { idOfLine, parseRecordLine, toRecordLines, type RecordLine } from './record-line.ts';
import type { AppendOptions, AuditSink } from './sink.ts';
import { createTrailFile, type TrailFileOptions } from './trail-file.ts';

interface Pending {
  lines: RecordLine[];
  options: AppendOptions;
  resolve: () => void;
  reject: (error: AuditUnavailableError) => void;
}

/**
 * A sink of one file, a JSON document a line, created with mode 0600 in a directory that has to exist. An append is
 * resolved after fdatasync; appends that come in meanwhile share the next write and the next sync. Several processes of
 * one host may use one file.
 */
export function createJsonlSink({ path, warn }: TrailFileOptions): AuditSink {
  const file = createTrailFile({ path, warn });
  let pending: Pending[] = [];
  let working: Promise<void> | undefined;
  let closed = false;
  let lastFailure: AuditUnavailableError | undefined;
  /** Ids of writes that failed: whether they are in the file has to be looked up. */
  const doubtful = new Set<string>();
  /** Ids that were written but not synced. After a failed sync what can be read may not be on the disk: write again. */
  const unsynced = new Set<string>();

  function enqueue(lines: RecordLine[], options: AppendOptions): Promise<void> {
    if (closed) return Promise.reject(new AuditUnavailableError(`The audit trail ${path} is closed.`));
    return new Promise((resolve, reject) => {
      pending.push({ lines, options, resolve, reject });
      working ??= work();
    });
  }

  async function work(): Promise<void> {
    // One turn of the loop first, so that appends made together share a write.
    await Promise.resolve();
    while (pending.length > 0) {
      const batch = pending;
      pending = [];
      try {
        await commit(batch);
        if (batch.some(({ lines }) => lines.length > 0)) lastFailure = undefined;
        for (const { resolve } of batch) resolve();
      } catch (cause) {
        const failure = unavailable(path, cause);
        if (batch.some(({ lines }) => lines.length > 0)) lastFailure = failure;
        for (const { reject } of batch) reject(failure);
      }
    }
    working = undefined;
  }

  async function commit(batch: Pending[]): Promise<void> {
    const lines = new Map<string, RecordLine>();
    const lookUp = new Set<string>();
    for (const { lines: own, options } of batch) {
      for (const line of own) {
        lines.set(line.id, line);
        if ((options.checkExisting || doubtful.has(line.id)) && !unsynced.has(line.id)) lookUp.add(line.id);
      }
    }
    for (const id of await idsInFile(path, lookUp)) lines.delete(id);
    await write([...lines.values()]);
    for (const { lines: own } of batch) {
      for (const { id } of own) {
        doubtful.delete(id);
        unsynced.delete(id);
      }
    }
  }

  async function write(lines: RecordLine[]): Promise<void> {
    let written = false;
    try {
      await file.append(Buffer.concat(lines.map(({ bytes }) => bytes)));
      written = true;
      // Also when nothing was written: a record found in the file may not have reached the disk.
      await file.sync();
    } catch (error) {
      for (const { id } of lines) (written ? unsynced : doubtful).add(id);
      await file.release().catch(() => undefined);
      throw error;
    }
  }

  return {
    async append(records, options) {
      await enqueue(toRecordLines(records), options);
    },
    async check() {
      await enqueue([], { checkExisting: false });
      if (lastFailure !== undefined) throw lastFailure;
    },
    async close() {
      closed = true;
      await working;
      await file.release();
    },
  };
}

async function idsInFile(path: string, wanted: ReadonlySet<string>): Promise<string[]> {
  const found = new Set<string>();
  if (wanted.size === 0) return [];
  try {
    for await (const { text, finished } of readLines(path)) {
      const id = finished ? idOfLine(text) : undefined;
      if (id !== undefined && wanted.has(id) && parseRecordLine(text) !== undefined) found.add(id);
      if (found.size === wanted.size) break;
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  return [...found];
}

function unavailable(path: string, cause: unknown): AuditUnavailableError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new AuditUnavailableError(`The audit trail ${path} can't be written: ${why}`, { cause });
}
