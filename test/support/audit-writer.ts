/**
 * A process that appends records for ever, eight callers at once, and prints each id once its append is acknowledged:
 * `node --import tsx audit-writer.ts <file> <prefix>`.
 */
import { createJsonlSink } from '../../audit/jsonl-sink.ts';
import { auditRecord } from './audit-record.ts';

const [path = '', prefix = ''] = process.argv.slice(2);
const sink = createJsonlSink({ path, warn: () => undefined });
let count = 0;

async function appendForEver(): Promise<never> {
  for (;;) {
    const id = `${prefix}-${count++}`;
    await sink.append([auditRecord(id, { reason: 'x'.repeat(5_000) })], { checkExisting: false });
    process.stdout.write(`${id}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, appendForEver));
