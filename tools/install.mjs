import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exclusively } from './exclusive.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Runs `npm ci` unless `node_modules` holds what the lockfile says.
 *
 * @returns {Promise<void>}
 * @throws when `npm ci` fails.
 */
export async function ensureInstalled() {
  if (isInstalled()) return;
  await exclusively(join(root, '.data/install.lock'), async () => {
    if (isInstalled()) return;
    process.stderr.write('installing dependencies (npm ci)\n');
    const npm = spawn('npm', ['ci'], { cwd: root, stdio: ['ignore', 2, 2] });
    const code = await new Promise((resolve, reject) => npm.once('error', reject).once('exit', resolve));
    if (code !== 0) throw new Error('`npm ci` failed; its messages are above');
  });
}

/** Compares contents: a lockfile's time says little after a checkout. Optional packages may be for other platforms. */
function isInstalled() {
  try {
    const wanted = packagesOf('package-lock.json');
    const installed = packagesOf('node_modules/.package-lock.json');
    return Object.entries(wanted).every(
      ([path, { version, optional }]) =>
        path === '' || installed[path]?.version === version || (optional === true && installed[path] === undefined),
    );
  } catch {
    return false;
  }
}

/**
 * @param {string} lockfile
 * @returns {Record<string, { version?: string, optional?: boolean }>}
 */
function packagesOf(lockfile) {
  return JSON.parse(readFileSync(join(root, lockfile), 'utf8')).packages;
}
