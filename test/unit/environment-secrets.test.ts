import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hideSecretsOf } from '../../domain/environment-secrets.ts';
import { createRedactor } from '../../domain/redactor.ts';
import { formsOf } from '../support/planted-secrets.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function redacted(env: Record<string, string>, text: string): string {
  const redactor = createRedactor({ tokens: false });
  hideSecretsOf(env, redactor);
  return redactor.redact(text);
}

test('what a variable holds by its name, or by the name of its file, is taken out of text', (t) => {
  const file = join(temporaryFolder(t), 'secret');
  writeFileSync(file, 'hunter2-secret\n');
  for (const env of [
    { CXONE_CLIENT_SECRET: 'hunter2-secret' },
    { CXONE_CLIENT_SECRET_FILE: file },
    { TEMPORAL_API_KEY: ' hunter2-secret ' },
    { TEMPORAL_API_KEY_FILE: file },
    { TEMPORAL_TLS_CLIENT_KEY_DATA: '-----BEGIN PRIVATE KEY-----\nhunter2-secret\nhunter2-secret-2nd-line' },
    { AUDIT_CHECKPOINT_KEY_FILE: file },
    { AUDIT_URL: 'postgresql://audit:hunter2-secret@database/audit' },
    { CXONE_BASE_URL: 'https//kim:hunter2-secret@example.com' },
    { TEMPORAL_ADDRESS: 'kim:hunter2-secret@temporal:7233' },
  ]) {
    assert.doesNotMatch(redacted(env, 'refused hunter2-secret-2nd-line'), /hunter2|2nd-line.*2nd/, JSON.stringify(env));
  }
});

test('a password in an address is found however it is written', (t) => {
  const password = 'p@ss:w/rd%é';
  const file = join(temporaryFolder(t), 'url');
  writeFileSync(file, `postgresql://audit:${encodeURIComponent(password)}@database/audit\n`);
  const text = `${password} and ${encodeURIComponent(password)}`;
  assert.equal(redacted({ AUDIT_URL_FILE: file }, text), '[redacted] and [redacted]');
  assert.equal(redacted({ AUDIT_URL: `postgresql://audit:${password}@database` }, password), '[redacted]');
});

test('paths, addresses and names stay readable', () => {
  const env = {
    CXONE_CLIENT_ID: 'client-one',
    CXONE_CLIENT_SECRET_FILE: '/run/secrets/cxone',
    TEMPORAL_ADDRESS: 'temporal.example.com:7233',
    TEMPORAL_TLS_CLIENT_KEY_PATH: '/etc/tls/client.key',
    PROVISIONING_PAYLOAD_KEYS: '/etc/keys.json',
    AUDIT_URL: 'postgresql://database/audit',
    SOMEBODY_ELSES_SECRET: 'is-not-ours-to-hide',
  };
  const text = Object.values(env).join(' ');
  assert.equal(redacted(env, text), text);
});

test('a hidden value is found in every usual form, also within what was encoded together with others', () => {
  const secret = 'hunter2"ü&secret +1';
  const redactor = createRedactor({ tokens: false });
  redactor.hide(secret);
  for (const [form, text] of formsOf(secret)) {
    if (['in capitals', 'hex', 'bytes'].includes(form)) continue;
    assert.equal(redactor.redact(text), '[redacted]', form);
  }
  const basic = Buffer.from(`kim:${secret}`).toString('base64');
  assert.doesNotMatch(redactor.redact(basic), new RegExp(basic.slice(8, 20)));
});

test('of a secret that begins with another one nothing is left, whichever was told first', () => {
  for (const secrets of [
    ['hunter2', 'hunter2-and-more'],
    ['hunter2-and-more', 'hunter2'],
  ]) {
    const redactor = createRedactor();
    for (const secret of secrets) redactor.hide(secret);
    assert.equal(redactor.redact('hunter2-and-more, hunter2'), '[redacted], [redacted]');
  }
});

test('of secrets that are replaced all the time the latest are known, and those of the environment for good', () => {
  const redactor = createRedactor({ tokens: false });
  hideSecretsOf({ CXONE_CLIENT_SECRET: 'of the environment' }, redactor);
  redactor.hide('used again and again');
  for (let token = 1; token <= 1_000; token += 1) {
    redactor.hide(`token number ${token} of many`);
    redactor.hide('used again and again');
  }
  const text = (token: number): string =>
    redactor.redact(`of the environment, used again and again, token number ${token} of many`);
  assert.equal(text(900), '[redacted], [redacted], [redacted]');
  assert.equal(text(1), '[redacted], [redacted], token number 1 of many');
});

test('words of people are left alone where tokens are not looked for', () => {
  assert.equal(redacted({}, 'skill Basic Training'), 'skill Basic Training');
});
