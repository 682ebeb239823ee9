/**
 * A process that appends records for ever to the trail that its environment names, eight callers at once, and prints
 * each id once its append is acknowledged: `node --import tsx audit-writer.ts <prefix>`.
 */
import { createJsonlSink } from '../../audit/jsonl-sink.ts';
import { createPostgresSink } from '../../audit/postgres-sink.ts';
import { parseStoreConfig } from '../../audit/store-config.ts';
import { auditRecord } from './audit-record.ts';

const [prefix = ''] = process.argv.slice(2);
const parsed = parseStoreConfig(process.env);
if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
const { store } = parsed;
const sink =
  store.kind === 'file' ? createJsonlSink({ path: store.path, warn: () => undefined }) : createPostgresSink(store);
let count = 0;

async function appendForEver(): Promise<never> {
  for (;;) {
    const id = `${prefix}-${count++}`;
    await sink.append([auditRecord(id, { reason: 'x'.repeat(5_000) })], { checkExisting: false });
    process.stdout.write(`${id}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, appendForEver));
