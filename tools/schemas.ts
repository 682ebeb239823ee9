import { mkdirSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { desiredStateJsonSchema } from '../domain/desired-state.schema.ts';

/** Writes the JSON Schemas that are published for editors; a test holds the files to the code. */
const folder = new URL('../docs/schemas/', import.meta.url);
mkdirSync(folder, { recursive: true });
const text = await format(JSON.stringify(desiredStateJsonSchema()), { parser: 'json', printWidth: 120 });
writeFileSync(new URL('desired-state.schema.json', folder), text);
