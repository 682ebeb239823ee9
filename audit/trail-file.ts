import { constants } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

const NEWLINE = Buffer.from('\n');

export interface TrailFileOptions {
  path: string;
  /** Told about a line that a crash left unfinished. */
  warn: (message: string) => void;
}

/** One file, opened for appending, that follows an external rotation. Throws the file system's errors. Not reentrant. */
export function createTrailFile({ path, warn }: TrailFileOptions) {
  let handle: FileHandle | undefined;

  async function current(): Promise<FileHandle> {
    if (handle !== undefined && !(await isStillAt(path, handle))) await release();
    handle ??= await openForAppending(path);
    return handle;
  }

  async function release(): Promise<void> {
    const closing = handle;
    handle = undefined;
    await closing?.close();
  }

  return {
    /**
     * One write of all these bytes at the end of the file, if there are any. If what is there now ends in the middle of a
     * line, that line is closed first: this process, or another that writes to the same file, may have died in a write.
     */
    async append(bytes: Buffer): Promise<void> {
      const file = await current();
      if (bytes.length === 0) return;
      const unfinished = await endsInsideLine(file);
      if (unfinished) warn(`closed an unfinished last line of the audit trail ${path}`);
      const whole = unfinished ? Buffer.concat([NEWLINE, bytes]) : bytes;
      const { bytesWritten } = await file.write(whole);
      if (bytesWritten < whole.length) throw new Error(`only ${bytesWritten} of ${whole.length} bytes were written`);
    },
    /** Resolves when what was appended is on stable storage; it goes to the file written, even if it was rotated since. */
    async sync(): Promise<void> {
      await handle?.datasync();
    },
    release,
  };
}

async function openForAppending(path: string): Promise<FileHandle> {
  const { O_RDWR, O_APPEND, O_CREAT, O_EXCL } = constants;
  try {
    const created = await open(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL, 0o600);
    await syncDirectory(dirname(path));
    return created;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    return open(path, O_RDWR | O_APPEND | O_CREAT, 0o600);
  }
}

/** Without it a new file's name may be gone after a power failure, its records with it. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function isStillAt(path: string, handle: FileHandle): Promise<boolean> {
  const [opened, there] = await Promise.all([handle.stat(), stat(path).catch(() => undefined)]);
  return there !== undefined && there.ino === opened.ino && there.dev === opened.dev;
}

async function endsInsideLine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  await file.read(last, 0, 1, size - 1);
  return last[0] !== NEWLINE[0];
}
