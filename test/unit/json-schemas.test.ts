import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { desiredStateJsonSchema } from '../../domain/desired-state.schema.ts';

test('the published schema of desired-state files is that of the code; npm run schemas writes it', () => {
  const published: unknown = JSON.parse(readFileSync('docs/schemas/desired-state.schema.json', 'utf8'));
  assert.deepEqual(published, desiredStateJsonSchema());
});
