import { mkdir, open, readFile, stat, unlink, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 100;
const TOUCH_MS = 2_000;
/** A holder that has not touched its lock for so long is gone, whatever its process id says. */
const STALE_MS = 30_000;

/**
 * Runs `work` while no other process runs under the same lock file. A lock whose holder died is taken over. Two holders
 * are possible in a rare race of take-overs, so `work` must put its result in place atomically.
 *
 * @template T
 * @param {string} lockFile
 * @param {() => Promise<T>} work
 * @param {{ onWait?: () => void }} [options] `onWait` is called once, when somebody else holds the lock.
 * @returns {Promise<T>}
 */
export async function exclusively(lockFile, work, options = {}) {
  await mkdir(dirname(lockFile), { recursive: true });
  let waited = false;
  while (!(await acquire(lockFile))) {
    if (await isStale(lockFile)) {
      await removeIfThere(lockFile);
      continue;
    }
    if (!waited) options.onWait?.();
    waited = true;
    await delay(POLL_MS);
  }
  const touching = setInterval(() => void touch(lockFile), TOUCH_MS);
  try {
    return await work();
  } finally {
    clearInterval(touching);
    await removeIfThere(lockFile);
  }
}

/** @param {string} lockFile */
async function acquire(lockFile) {
  try {
    const file = await open(lockFile, 'wx');
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** @param {string} lockFile */
async function isStale(lockFile) {
  try {
    const [{ mtimeMs }, holder] = await Promise.all([stat(lockFile), readFile(lockFile, 'utf8')]);
    if (Date.now() - mtimeMs > STALE_MS) return true;
    return holder !== '' && !isAlive(Number(holder));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** @param {string} lockFile */
async function touch(lockFile) {
  const now = new Date();
  await utimes(lockFile, now, now).catch(() => undefined);
}

/** @param {string} lockFile */
async function removeIfThere(lockFile) {
  await unlink(lockFile).catch((error) => {
    if (codeOf(error) !== 'ENOENT') throw error;
  });
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
