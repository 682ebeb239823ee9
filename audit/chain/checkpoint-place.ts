import { constants } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readLines } from '../lines.ts';
import { createTrailFile, syncDirectory } from '../trail-file.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { CheckpointLine } from './judge-checkpoints.ts';

/** Files of checkpoints in a directory end like this. */
const ENDING = '.checkpoints.jsonl';

/**
 * Adds checkpoints to the second place, a line each, and resolves when they are on stable storage. A directory gets a new
 * file each time, which is never opened for writing again; anything else is a file that is appended to. Throws the file
 * system's errors.
 */
export async function appendCheckpoints(place: string, checkpoints: readonly Checkpoint[]): Promise<void> {
  const [first] = checkpoints;
  if (first === undefined) return;
  const bytes = Buffer.from(checkpoints.map((checkpoint) => `${JSON.stringify(checkpoint)}\n`).join(''));
  if (await isDirectory(place)) {
    await writeNew(join(place, `${first.time.replaceAll(/[-:.]/g, '')}-${process.pid}${ENDING}`), bytes);
    await syncDirectory(place);
    return;
  }
  const file = createTrailFile({ path: place, warn: () => undefined });
  try {
    await file.append(bytes);
    await file.sync();
  } finally {
    await file.release();
  }
}

/** The checkpoints of a second place. A last line without its end is left out: it was being written. Throws the file system's errors. */
export async function readCheckpoints(place: string): Promise<CheckpointLine[]> {
  const names = (await isDirectory(place))
    ? (await readdir(place)).filter((name) => name.endsWith(ENDING)).sort()
    : undefined;
  const paths = names === undefined ? [place] : names.map((name) => join(place, name));
  const lines: CheckpointLine[] = [];
  for (const path of paths) {
    let number = 0;
    for await (const { text, finished } of readLines(path)) {
      number += 1;
      if (finished && text !== '') lines.push({ text, where: `${path}:${number}` });
    }
  }
  return lines;
}

async function writeNew(path: string, bytes: Buffer): Promise<void> {
  const { O_WRONLY, O_CREAT, O_EXCL } = constants;
  const file = await open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function isDirectory(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true;
}
