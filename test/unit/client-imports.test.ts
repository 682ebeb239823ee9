import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';

test('the library and the command line load no worker and no native module', async () => {
  await import('../../client/index.ts');
  await import('../../client/cli/main.ts');
  await import('../../client/cli/execute.ts');
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  assert.ok(loaded.some((path) => path.includes('@temporalio/client')));
  const unwanted = /@temporalio\/(?:worker|core-bridge|activity|testing)\/|\.node$|undici|pino/;
  assert.deepEqual(
    loaded.filter((path) => unwanted.test(path)),
    [],
  );
});
