import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseTemporalConfig } from '../../domain/temporal-config.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test("Temporal's key in a file is read again; while the file has none that could be one, the last one stays", (t) => {
  const file = join(temporaryFolder(t), 'key');
  writeFileSync(file, 'first\n');
  const parsed = parseTemporalConfig({ TEMPORAL_API_KEY_FILE: file });
  assert.ok(parsed.ok);
  const { apiKey } = parsed.config.connection;
  assert.ok(typeof apiKey === 'function');
  const seen = ['first', '', 'two words', 'second\n'].map((content) => {
    writeFileSync(file, content);
    return apiKey();
  });
  assert.deepEqual(seen, ['first', 'first', 'first', 'second']);
});

test('a private key with a passphrase is refused, as nobody could be asked for it', () => {
  for (const head of ['-----BEGIN ENCRYPTED PRIVATE KEY-----', 'Proc-Type: 4,ENCRYPTED']) {
    const key = { TEMPORAL_TLS_CLIENT_KEY_DATA: head, TEMPORAL_TLS_CLIENT_CERT_DATA: 'x' };
    const parsed = parseTemporalConfig(key);
    assert.ok(!parsed.ok);
    assert.deepEqual(
      parsed.problems.map(({ path, message }) => [path, /without a passphrase/.test(message)]),
      [['TEMPORAL_TLS_CLIENT_KEY_DATA', true]],
    );
  }
});
