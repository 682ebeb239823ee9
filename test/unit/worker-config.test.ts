import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { TEMPORAL_VARIABLES, parseTemporalConfig } from '../../domain/temporal-config.ts';
import { WORKER_VARIABLES, parseConfig } from '../../worker/config.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const good = { CXONE_TENANT_ID: 'acme', CXONE_CLIENT_ID: 'client', CXONE_CLIENT_SECRET: 'hunter2-secret' };

/** The settings of a worker of several tenants; the variables of one tenant don't go with them. */
const none = { CXONE_TENANT_ID: undefined, CXONE_CLIENT_ID: undefined, CXONE_CLIENT_SECRET: undefined };

/** Values each variable refuses, with what it takes for them to be looked at. A variable without a row fails a test. */
const BAD: Record<string, { values: string[]; beside?: Record<string, string | undefined> }> = {
  TEMPORAL_ADDRESS: {
    values: ['localhost', 'http://localhost:7233', ':7233', 'host:0', 'host:99999', '::1:7233', 'a b:1'],
  },
  TEMPORAL_NAMESPACE: { values: ['a b', 'a/b', "x' OR '1", 'x'.repeat(256)] },
  TEMPORAL_API_KEY: { values: ['two words', 'kéy', 'line\nbreak'] },
  TEMPORAL_API_KEY_FILE: { values: ['/no/such/file', '/dev/null', '/'] },
  TEMPORAL_TLS: { values: ['maybe', '2', 'truefalse'] },
  TEMPORAL_TLS_CLIENT_CERT_PATH: { values: ['/no/such/file', '/'], beside: { TEMPORAL_TLS_CLIENT_KEY_DATA: 'key' } },
  TEMPORAL_TLS_CLIENT_CERT_DATA: {
    values: ['cert'],
    beside: { TEMPORAL_TLS_CLIENT_CERT_PATH: '/dev/null', TEMPORAL_TLS_CLIENT_KEY_DATA: 'key' },
  },
  TEMPORAL_TLS_CLIENT_KEY_PATH: { values: ['/no/such/file', '/'], beside: { TEMPORAL_TLS_CLIENT_CERT_DATA: 'cert' } },
  TEMPORAL_TLS_CLIENT_KEY_DATA: {
    values: ['key'],
    beside: { TEMPORAL_TLS_CLIENT_KEY_PATH: '/dev/null', TEMPORAL_TLS_CLIENT_CERT_DATA: 'cert' },
  },
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: { values: ['/no/such/file', '/'] },
  TEMPORAL_TLS_SERVER_CA_CERT_DATA: { values: ['ca'], beside: { TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/dev/null' } },
  TEMPORAL_TLS_SERVER_NAME: { values: ['a b', 'https://temporal', 'a/b'] },
  CXONE_TENANT_ID: { values: ['a.b', '-a', 'a/b', 'evil.com#', 'x'.repeat(64)] },
  CXONE_CLIENT_ID: { values: ['', ' '] },
  CXONE_CLIENT_ID_FILE: { values: ['/no/such/file', '/dev/null', '/'], beside: { CXONE_CLIENT_ID: undefined } },
  CXONE_CLIENT_SECRET: { values: ['', ' '] },
  CXONE_CLIENT_SECRET_FILE: { values: ['/no/such/file', '/dev/null', '/'], beside: { CXONE_CLIENT_SECRET: undefined } },
  CXONE_BASE_URL: {
    values: ['acme', 'http://example.com', 'ftp://localhost', 'https://u:p@example.com', 'https://example.com?x=1'],
  },
  CXONE_AGENTS_PER_MINUTE: { values: ['0', '501', '1.5', 'many', '-1'] },
  CXONE_PREMIUM: { values: ['maybe', '2'] },
  CXONE_TENANTS_FILE: { values: ['/no/such/file', '/dev/null', '/'], beside: none },
  PROVISIONING_TASK_QUEUE: { values: ['a b', "it's", '/_sys', 'x'.repeat(201), 'ä'] },
  PROVISIONING_POLICY: {
    values: ['{', '/no/such/file', '{"toggleLimit":4}', '{"toggleGap":"20ms"}', '{"toggelGap":"1s"}'],
  },
  PROVISIONING_PAYLOAD_KEYS: { values: ['/no/such/file', '/dev/null', '/'] },
  PROVISIONING_PAYLOAD_PLAIN: { values: ['maybe', 'true', 'accept'] },
  SHIFT_FEEDS: { values: ['/no/such/file', '/dev/null', '/'] },
  SHIFT_FEED_INTERVAL: { values: ['60', '0s', '99ms', '2h'] },
  SHIFT_FEED_MAX_AGE: { values: ['15', '500ms', '30s', '8d'] },
  SHIFT_FEED_STALE: { values: ['ignore', 'Wait', '1'] },
  AUDIT_FILE: { values: ['a\0b'] },
  AUDIT_URL: {
    values: [
      'audit',
      'http://a@b/c',
      'postgresql://db/audit',
      'postgresql://u@db',
      'postgresql://u@db/a/b',
      'postgresql://u:%@db/a',
      'postgresql://u@db/a?sslmode=prefer',
      'postgresql://u@db/a?sslmode=verify-ca',
      'postgresql://u@db/a?sslrootcert=/no/such/file',
      'postgresql://u@db/a?options=-c%20fsync%3Doff',
    ],
  },
  AUDIT_URL_FILE: { values: ['/no/such/file', '/dev/null', '/', 'package.json'] },
  HEALTH_ADDRESS: { values: ['8080', 'localhost', 'http://localhost:80', 'host:-1', 'host:70000'] },
  METRICS_ADDRESS: { values: ['9090', 'localhost', 'host:0', 'host:x'] },
  LOG_LEVEL: { values: ['loud', 'information', '1'] },
  SHUTDOWN_GRACE: { values: ['30', 'soon', '-1s', '11m', '1h'] },
};

test('every variable has values that are known to be refused', () => {
  const variables = [...Object.keys(TEMPORAL_VARIABLES), ...Object.keys(WORKER_VARIABLES)];
  assert.deepEqual(Object.keys(BAD).sort(), variables.sort());
});

for (const [name, { values, beside }] of Object.entries(BAD)) {
  test(`${name} refuses what it can't be, by name`, () => {
    for (const value of values) {
      const parsed = parseConfig({ ...good, ...beside, [name]: value });
      assert.ok(!parsed.ok, `accepted ${JSON.stringify(value)}`);
      const paths = parsed.problems.map(({ path }) => path);
      assert.ok(
        paths.some((path) => path === name || path.startsWith(`${name}.`)),
        `${paths.join()} for ${value}`,
      );
    }
  });
}

test('all problems are reported together, by the names of the variables', () => {
  const parsed = parseConfig({
    LOG_LEVEL: 'loud',
    TEMPORAL_ADDRESS: 'x',
    CXONE_BASE_URL: 'x',
    PROVISIONING_POLICY: '{"toggleLimit":9}',
  });
  assert.ok(!parsed.ok);
  const found = parsed.problems.map(({ path }) => path).sort();
  assert.deepEqual(found, [
    'CXONE_BASE_URL',
    'CXONE_CLIENT_ID',
    'CXONE_CLIENT_SECRET',
    'CXONE_TENANT_ID',
    'LOG_LEVEL',
    'PROVISIONING_POLICY.toggleLimit',
    'TEMPORAL_ADDRESS',
  ]);
});

test('no message repeats a secret', () => {
  const parsed = parseConfig({
    ...good,
    CXONE_CLIENT_SECRET_FILE: '/no/such/file',
    CXONE_BASE_URL: 'https://user:hunter2-secret@example.com',
    TEMPORAL_API_KEY: 'hunter2-secret',
    TEMPORAL_API_KEY_FILE: '/no/such/file',
    PROVISIONING_POLICY: '{"hunter2":"hunter2-secret"',
    AUDIT_URL: 'postgresql://u:hunter2-secret@db/a?sslmode=hunter2-secret',
  });
  assert.ok(!parsed.ok);
  assert.doesNotMatch(JSON.stringify(parsed), /hunter2/);
});

test('a configuration shows no secret when it is printed', () => {
  const parsed = parseConfig({ ...good, AUDIT_URL: 'postgresql://audit:hunter2-password@db.example.com/audit' });
  assert.ok(parsed.ok);
  assert.doesNotMatch(JSON.stringify(parsed.config), /hunter2/);
  assert.doesNotMatch(inspect(parsed.config, { depth: null }), /hunter2/);
});

test('with the tenant alone everything else has its default', () => {
  const parsed = parseConfig({ ...good, AUDIT_FILE: '', LOG_LEVEL: '  ' });
  assert.ok(parsed.ok);
  const { tenants, ...rest } = parsed.config;
  assert.deepEqual(rest, {
    temporal: { namespace: 'default', connection: { address: '127.0.0.1:7233' } },
    taskQueue: 'skill-provisioning',
    policy: {},
    shifts: undefined,
    audit: { kind: 'file', path: 'audit.jsonl' },
    health: undefined,
    metrics: undefined,
    logLevel: 'info',
    shutdownGraceMs: 30_000,
  });
  assert.deepEqual(
    tenants.map(({ tenantId, clientId, clientSecret }) => [tenantId, clientId, clientSecret()]),
    [['acme', 'client', 'hunter2-secret']],
  );
});

test('a configuration can not be changed', () => {
  const parsed = parseConfig(good);
  assert.ok(parsed.ok);
  const { config } = parsed;
  assert.ok(
    [config, config.temporal, config.policy, config.tenants, ...config.tenants].every((part) => Object.isFrozen(part)),
  );
});

test('a misspelt variable is refused with the one that was probably meant', () => {
  for (const [name, meant] of [
    ['CXONE_BASEURL', 'CXONE_BASE_URL'],
    ['PROVISIONING_POLICIES', 'PROVISIONING_POLICY'],
    ['CXONE_CLIENT_SECERT_FILE', 'CXONE_CLIENT_SECRET_FILE'],
  ] as const) {
    const parsed = parseConfig({ ...good, [name]: 'x' });
    assert.ok(!parsed.ok);
    assert.deepEqual(parsed.problems, [{ path: name, message: `is not known; did you mean ${meant}?` }]);
  }
});

test("a variable that is nobody's slip is somebody else's", () => {
  assert.ok(parseConfig({ ...good, CXONE_DASHBOARD_COLOUR: 'blue' }).ok);
});

test('a toggle gap under 500 ms needs a platform on this machine', () => {
  const hasty = { ...good, PROVISIONING_POLICY: '{"toggleGap":"20ms"}' };
  assert.equal(parseConfig(hasty).ok, false);
  assert.equal(parseConfig({ ...hasty, CXONE_BASE_URL: 'https://gateway.example.com' }).ok, false);
  assert.equal(parseConfig({ ...hasty, CXONE_BASE_URL: 'http://127.0.0.1:4010' }).ok, true);
});

test('a secret in a file is read again each time, so that a rotation needs no restart', (t) => {
  const file = join(temporaryFolder(t), 'secret');
  writeFileSync(file, 'first\n');
  const parsed = parseConfig({ ...good, CXONE_CLIENT_SECRET: undefined, CXONE_CLIENT_SECRET_FILE: file });
  assert.ok(parsed.ok);
  const [tenant] = parsed.config.tenants;
  assert.equal(tenant?.clientSecret(), 'first');
  writeFileSync(file, 'second\n');
  assert.equal(tenant.clientSecret(), 'second');
});

test('a client id may come from a file', (t) => {
  const file = join(temporaryFolder(t), 'id');
  writeFileSync(file, 'client-of-file\n');
  const parsed = parseConfig({ ...good, CXONE_CLIENT_ID: undefined, CXONE_CLIENT_ID_FILE: file });
  assert.ok(parsed.ok);
  assert.equal(parsed.config.tenants[0]?.clientId, 'client-of-file');
});

const TLS: [string, Record<string, string>, unknown][] = [
  ['no TLS by default', {}, undefined],
  ['TLS on request', { TEMPORAL_TLS: 'true' }, true],
  ['TLS with an API key', { TEMPORAL_API_KEY: 'k' }, true],
  ['no TLS where it is switched off, even with an API key', { TEMPORAL_API_KEY: 'k', TEMPORAL_TLS: 'false' }, false],
  [
    'the server name given',
    { TEMPORAL_TLS_SERVER_NAME: 'temporal.example.com' },
    { serverNameOverride: 'temporal.example.com' },
  ],
  [
    'the certificate given',
    { TEMPORAL_TLS_CLIENT_CERT_DATA: 'c', TEMPORAL_TLS_CLIENT_KEY_DATA: 'k' },
    { clientCertPair: { crt: Buffer.from('c'), key: Buffer.from('k') } },
  ],
];
for (const [what, env, tls] of TLS) {
  test(`Temporal is reached with ${what}`, () => {
    const parsed = parseTemporalConfig(env);
    assert.ok(parsed.ok);
    assert.deepEqual(parsed.config.connection.tls, tls);
  });
}

test('half a client certificate is refused by the name of the other half', () => {
  const parsed = parseTemporalConfig({ TEMPORAL_TLS_CLIENT_CERT_DATA: 'c' });
  assert.ok(!parsed.ok);
  assert.deepEqual(
    parsed.problems.map(({ path }) => path),
    ['TEMPORAL_TLS_CLIENT_KEY_PATH'],
  );
});

test('a configuration file of Temporal is refused rather than ignored', () => {
  for (const name of ['TEMPORAL_CONFIG_FILE', 'TEMPORAL_PROFILE']) {
    const parsed = parseTemporalConfig({ [name]: 'x' });
    assert.ok(!parsed.ok);
    assert.deepEqual(
      parsed.problems.map(({ path }) => path),
      [name],
    );
  }
});
