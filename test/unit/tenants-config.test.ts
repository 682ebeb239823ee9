import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parseConfig } from '../../worker/config.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ONE_TENANT = { CXONE_TENANT_ID: 'acme', CXONE_CLIENT_ID: 'client', CXONE_CLIENT_SECRET: 'hunter2-secret' };

test('a tenant is changed at the pace of its tier, or slower', () => {
  const paceOf = (env: Record<string, string>): number | string | undefined => {
    const parsed = parseConfig({ ...ONE_TENANT, ...env });
    return parsed.ok ? parsed.config.tenants[0]?.agentsPerMinute : parsed.problems[0]?.message;
  };
  assert.equal(paceOf({}), 500);
  assert.equal(paceOf({ CXONE_AGENTS_PER_MINUTE: '240' }), 240);
  assert.match(String(paceOf({ CXONE_AGENTS_PER_MINUTE: '501' })), /1 to 500, unless .* Premium/);
  assert.equal(paceOf({ CXONE_PREMIUM: 'true', CXONE_AGENTS_PER_MINUTE: '2000' }), 2000);
  assert.equal(paceOf({ CXONE_PREMIUM: 'true' }), undefined);
});

function tenantsFile(t: TestContext, content: unknown): string {
  const file = join(temporaryFolder(t), 'tenants.json');
  writeFileSync(file, JSON.stringify(content));
  return file;
}

test('several tenants come from a file, each with its own secret and address', (t) => {
  const file = tenantsFile(t, [
    { tenantId: 'acme', clientId: 'a', clientSecret: 'secret-a' },
    { tenantId: 'beta', clientId: 'b', clientSecretFile: 'secrets/b', baseUrl: 'http://localhost:4010', premium: true },
  ]);
  mkdirSync(join(file, '..', 'secrets'));
  writeFileSync(join(file, '..', 'secrets', 'b'), 'secret-b\n');
  const parsed = parseConfig({ CXONE_TENANTS_FILE: file });
  assert.ok(parsed.ok);
  const seen = parsed.config.tenants.map(({ tenantId, clientSecret, loopback, agentsPerMinute }) => [
    tenantId,
    clientSecret(),
    loopback,
    agentsPerMinute,
  ]);
  assert.deepEqual(seen, [
    ['acme', 'secret-a', false, 500],
    ['beta', 'secret-b', true, undefined],
  ]);
});

test('a file of tenants is refused as a whole, each problem with its place', (t) => {
  const entry = { tenantId: 'acme', clientId: 'a', clientSecret: 's' };
  const cases: [unknown, string][] = [
    [[], 'CXONE_TENANTS_FILE'],
    [{}, 'CXONE_TENANTS_FILE'],
    [[entry, { ...entry, tenantId: 'ACME' }], 'CXONE_TENANTS_FILE.1.tenantId'],
    [[{ ...entry, tenantId: 'a.b' }], 'CXONE_TENANTS_FILE.0.tenantId'],
    [[{ ...entry, clientId: '' }], 'CXONE_TENANTS_FILE.0.clientId'],
    [[{ tenantId: 'acme', clientId: 'a' }], 'CXONE_TENANTS_FILE.0.clientSecret'],
    [[{ ...entry, clientSecretFile: 'x' }], 'CXONE_TENANTS_FILE.0.clientSecret'],
    [[{ ...entry, clientSecret: '' }], 'CXONE_TENANTS_FILE.0.clientSecret'],
    [[{ tenantId: 'acme', clientId: 'a', clientSecretFile: 'nowhere' }], 'CXONE_TENANTS_FILE.0.clientSecretFile'],
    [[{ ...entry, baseUrl: 'http://example.com' }], 'CXONE_TENANTS_FILE.0.baseUrl'],
    [[{ ...entry, secret: 1 }], 'CXONE_TENANTS_FILE.0.secret'],
    [[{ ...entry, agentsPerMinute: 501 }], 'CXONE_TENANTS_FILE.0.agentsPerMinute'],
    [[{ ...entry, premium: 'yes' }], 'CXONE_TENANTS_FILE.0.premium'],
  ];
  for (const [content, path] of cases) {
    const parsed = parseConfig({ CXONE_TENANTS_FILE: tenantsFile(t, content) });
    assert.ok(!parsed.ok, JSON.stringify(content));
    assert.ok(
      parsed.problems.some((problem) => problem.path === path),
      JSON.stringify(parsed.problems),
    );
  }
});

test('the variables of one tenant do not go with a file of tenants', (t) => {
  const file = tenantsFile(t, [{ tenantId: 'acme', clientId: 'a', clientSecret: 's' }]);
  const parsed = parseConfig({ ...ONE_TENANT, CXONE_TENANTS_FILE: file });
  assert.ok(!parsed.ok);
  assert.deepEqual(
    parsed.problems.map(({ path }) => path),
    Object.keys(ONE_TENANT),
  );
});
