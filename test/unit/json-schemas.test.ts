import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { auditRecordJsonSchema } from '../../audit/record.schema.ts';
import { desiredStateJsonSchema } from '../../domain/desired-state.schema.ts';

test('the published schema of desired-state files is that of the code; npm run schemas writes it', () => {
  const published: unknown = JSON.parse(readFileSync('docs/schemas/desired-state.schema.json', 'utf8'));
  assert.deepEqual(published, desiredStateJsonSchema());
});

test('the published schema of audit records is that of the code; npm run schemas writes it', () => {
  const published: unknown = JSON.parse(readFileSync('docs/schemas/audit-record.schema.json', 'utf8'));
  assert.deepEqual(published, auditRecordJsonSchema());
});
