import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from '../../tools/build.mjs';
import { BROKEN_BUILDS, type Breakage } from './broken-builds.ts';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));

/** Copies what is built to `folder`, and breaks it there if told to. Resolves to the copy. */
export async function copyBuild(folder: string, breakage?: Breakage): Promise<string> {
  await ensureBuilt();
  const build = join(folder, 'build');
  await cp(DIST, build, { recursive: true });
  if (breakage !== undefined) await breakFile(join(build, breakage.file), breakage);
  return build;
}

/** Throws unless what is to be replaced occurs exactly once: a build that is broken no more would prove nothing. */
async function breakFile(path: string, { find, replace }: Breakage): Promise<void> {
  const code = await readFile(path, 'utf8');
  const pieces = code.split(find);
  if (pieces.length !== 2) throw new Error(`${path} has ${pieces.length - 1} of: ${find}`);
  await writeFile(path, pieces.join(replace));
}

export function breakageOf(name: string): Breakage {
  const breakage = BROKEN_BUILDS[name];
  if (breakage === undefined) {
    throw new TypeError(`--broken must be all or one of ${Object.keys(BROKEN_BUILDS).join(', ')}`);
  }
  return breakage;
}
