import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GoProgram } from './go-program.ts';

const LIBRARY_VERSION = /"version": "([^"]+)"/;

/** The user's cache folder of this project: `$XDG_CACHE_HOME/skill-provisioner`, by default under `~/.cache`. */
function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'skill-provisioner');
}

/** Where a program built from a pinned module is kept; another pin, another folder. */
export function builtExecutable({ module, name }: GoProgram): string {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(module, file)));
  return join(cacheFolder(), `${name}-${hash.digest('hex').slice(0, 16)}`, name);
}

/** Where the SDK's downloads are kept, by the SDK's version. */
export function downloadFolder(): string {
  const manifest = fileURLToPath(import.meta.resolve('@temporalio/testing/package.json'));
  const version = LIBRARY_VERSION.exec(readFileSync(manifest, 'utf8'))?.[1] ?? 'unknown';
  return join(cacheFolder(), `temporal-sdk-${version}`);
}
