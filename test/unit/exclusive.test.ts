import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { exclusively } from '../../tools/exclusive.mjs';

test('two pieces of work under one lock do not overlap', async (t) => {
  const lock = lockFile(t);
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 5 }, () => exclusively(lock, work)));
  assert.equal(most, 1);
  assert.equal(existsSync(lock), false);
});

test('the lock of a process that died is taken over', async (t) => {
  const lock = lockFile(t);
  const { pid } = spawnSync(process.execPath, ['--version']);
  writeFileSync(lock, String(pid));
  assert.equal(await exclusively(lock, async () => 'done'), 'done');
});

test('work that fails leaves no lock behind', async (t) => {
  const lock = lockFile(t);
  await assert.rejects(
    exclusively(lock, () => Promise.reject(new Error('no'))),
    { message: 'no' },
  );
  assert.equal(existsSync(lock), false);
});

function lockFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'exclusive-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, 'lock');
}
