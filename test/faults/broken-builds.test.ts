import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFile } from 'node:fs/promises';
import { BROKEN_BUILDS } from './broken-builds.ts';

const DIST = new URL('../../dist/', import.meta.url);

test('there is a broken build for each of the sixteen invariants', () => {
  const invariants = Object.values(BROKEN_BUILDS).map(({ invariant }) => invariant);
  assert.deepEqual(
    invariants,
    Array.from({ length: 16 }, (_, index) => `I${index + 1}`),
  );
});

test('what a broken build replaces is in the build, once', async () => {
  for (const [name, { file, find, replace }] of Object.entries(BROKEN_BUILDS)) {
    const code = await readFile(new URL(file, DIST), 'utf8');
    assert.equal(code.split(find).length, 2, `${name}: ${file} should have this once: ${find}`);
    assert.notEqual(find, replace);
  }
});
