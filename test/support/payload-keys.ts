import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { DataConverter } from '@temporalio/common';
import { readPayloadKeys, type PayloadProtection, type PlainRule } from '../../domain/payload-keys.ts';
import { parseTemporalConfig } from '../../domain/temporal-config.ts';
import { clientDataConverter } from '../../payloads/data-converter.ts';
import { temporaryFolder } from './temporary-folder.ts';

export function newKey(): string {
  return randomBytes(32).toString('base64');
}

/** The file of `PROVISIONING_PAYLOAD_KEYS` with these keys (by default one, `k1`), of which the first encodes. */
export function payloadKeysFile(t: TestContext, keys: Record<string, string> = { k1: newKey() }): string {
  const folder = temporaryFolder(t);
  const files = Object.entries(keys).map(([id, key]) => {
    writeFileSync(join(folder, `${id}.key`), `${key}\n`, { mode: 0o600 });
    return [id, `${id}.key`];
  });
  const path = join(folder, 'keys.json');
  writeFileSync(path, JSON.stringify({ encodeWith: Object.keys(keys)[0], keys: Object.fromEntries(files) as unknown }));
  return path;
}

export function protectionIn(file: string, plain: PlainRule = 'refuse'): PayloadProtection {
  const read = readPayloadKeys(file);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return { keys: read.keys, plain };
}

/** What a test's own client needs to read what a worker with these variables wrote. */
export function dataConverterOf(env: Record<string, string>): { dataConverter?: DataConverter } {
  const parsed = parseTemporalConfig(env);
  if (!parsed.ok || parsed.config.payloads === undefined) return {};
  const { namespace, payloads: protection } = parsed.config;
  return { dataConverter: clientDataConverter({ namespace, protection }) };
}
