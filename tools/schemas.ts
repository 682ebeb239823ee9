import { mkdirSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { auditRecordJsonSchema } from '../audit/record.schema.ts';
import { desiredStateJsonSchema } from '../domain/desired-state.schema.ts';

/** Writes the JSON Schemas that are published; a test holds the files to the code. */
const folder = new URL('../docs/schemas/', import.meta.url);
mkdirSync(folder, { recursive: true });
const schemas = {
  'desired-state.schema.json': desiredStateJsonSchema(),
  'audit-record.schema.json': auditRecordJsonSchema(),
};
for (const [name, schema] of Object.entries(schemas)) {
  const text = await format(JSON.stringify(schema), { parser: 'json', printWidth: 120 });
  writeFileSync(new URL(name, folder), text);
}
