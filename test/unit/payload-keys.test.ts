import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createProvisioningClient, InvalidRequestError } from '../../client/index.ts';
import { parsePayloadKeys, readPayloadKeys } from '../../domain/payload-keys.ts';
import { parseTemporalConfig } from '../../domain/temporal-config.ts';
import { newKey, payloadKeysFile } from '../support/payload-keys.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('the file names its keys, relative to itself, and the one that encodes', (t) => {
  const read = readPayloadKeys(payloadKeysFile(t, { new: newKey(), old: newKey() }));
  assert.ok(read.ok);
  assert.deepEqual([read.keys.encodeWith, [...read.keys.keys.keys()]], ['new', ['new', 'old']]);
});

test('all that is wrong with a file of keys is said at once, and no key is shown', (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'keys.json');
  const problemsOf = (value: unknown): [string, string][] => {
    writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
    const read = readPayloadKeys(path);
    assert.ok(!read.ok);
    return read.problems.map((problem) => [problem.path, problem.message]);
  };
  const key = newKey();
  writeFileSync(join(folder, 'good.key'), key);
  writeFileSync(join(folder, 'short.key'), key.slice(0, 20));
  assert.deepEqual(problemsOf('{'), [['', 'must be the path of a readable file of valid JSON']]);
  assert.deepEqual(
    problemsOf({ encodeWith: 'a', keys: { a: 'none.key', b: 'none-either.key' } }).map(([where]) => where),
    ['keys.a', 'keys.b'],
  );
  const problems = problemsOf({ encodeWith: 'x', keys: { a: 'good.key', b: 'good.key', c: 'short.key' } });
  assert.deepEqual(
    problems.map(([where]) => where),
    ['keys.b', 'keys.c', 'encodeWith'],
  );
  assert.match(JSON.stringify(problems), /same key as another.*32 random bytes in base64.*one of the keys/);
  assert.ok(!JSON.stringify(problems).includes(key.slice(0, 10)));
  assert.deepEqual(problemsOf({ encodeWith: 'a', keys: {}, extra: 1 })[0]?.[0], 'extra');
});

test('what every object has is not a key that encodes', () => {
  for (const encodeWith of ['constructor', 'toString', '__proto__']) {
    const parsed = parsePayloadKeys({ encodeWith, keys: { k1: newKey() } });
    assert.deepEqual(parsed.ok ? [] : parsed.problems.map(({ path }) => path), ['encodeWith'], encodeWith);
  }
});

test('the environment names the file, and a rule for plain payloads needs one', (t) => {
  const file = payloadKeysFile(t);
  const protectedOne = parseTemporalConfig({ PROVISIONING_PAYLOAD_KEYS: file });
  assert.ok(protectedOne.ok);
  assert.equal(protectedOne.config.payloads?.plain, 'refuse');
  const changing = parseTemporalConfig({ PROVISIONING_PAYLOAD_KEYS: file, PROVISIONING_PAYLOAD_PLAIN: 'accept' });
  assert.ok(changing.ok);
  assert.equal(changing.config.payloads?.plain, 'accept');
  const off = parseTemporalConfig({});
  assert.ok(off.ok);
  assert.equal(off.config.payloads, undefined);
  for (const [env, path] of [
    [{ PROVISIONING_PAYLOAD_PLAIN: 'accept' }, 'PROVISIONING_PAYLOAD_PLAIN'],
    [{ PROVISIONING_PAYLOAD_KEYS: file, PROVISIONING_PAYLOAD_PLAIN: 'maybe' }, 'PROVISIONING_PAYLOAD_PLAIN'],
    [{ PROVISIONING_PAYLOAD_KEYS: '/nowhere/keys.json' }, 'PROVISIONING_PAYLOAD_KEYS'],
  ] as const) {
    const parsed = parseTemporalConfig(env);
    assert.ok(!parsed.ok);
    assert.deepEqual(
      parsed.problems.map((problem) => problem.path),
      [path],
    );
  }
});

test('a program names its keys itself, as bytes or base64', () => {
  const key = newKey();
  for (const given of [key, Buffer.from(key, 'base64')]) {
    assert.ok(parsePayloadKeys({ encodeWith: 'a', keys: { a: given } }).ok);
  }
  const temporal = { namespace: 'default', connection: { address: '127.0.0.1:1' } };
  const payloadKeys = { encodeWith: 'a', keys: { a: 'abc' } };
  assert.throws(
    () => createProvisioningClient({ temporal, tenantId: 'acme', payloadKeys }),
    (error) => error instanceof InvalidRequestError && error.problems[0]?.path === 'payloadKeys.keys.a',
  );
});
