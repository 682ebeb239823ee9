import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseCliConfig } from '../../client/cli/config.ts';
import { loadPolicy } from '../../domain/policy-source.ts';
import { DEFAULT_POLICY } from '../../domain/policy.ts';
import { readShiftFeeds } from '../../worker/shift-feeds.ts';
import { readTenantsFile } from '../../worker/tenants.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { anyDocument, deep, nearValid } from './near-valid.ts';
import { hasOnly, isFields, isIdOf, isPolicy } from './oracle.ts';

const STRICT = { allowShortGap: false };
const policies = fc.oneof(
  { weight: 8, arbitrary: nearValid([DEFAULT_POLICY, { toggleGap: '30s', lockWait: '1.5 hours' }]) },
  anyDocument,
);
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('{', '{}', ' {"a":', '/', '.', '\0'));

test('a policy is accepted exactly if the rules allow it, inline and from a file', (t) => {
  const file = join(temporaryFolder(t), 'policy.json');
  let accepted = 0;
  fc.assert(
    fc.property(policies, fc.boolean(), (value, inFile) => {
      const json = writable(value);
      if (inFile) writeFileSync(file, json);
      else if (!json.startsWith('{')) return;
      const loaded = loadPolicy(inFile ? file : json, STRICT);
      assert.equal(loaded.ok, isPolicy(JSON.parse(json)));
      accepted += loaded.ok ? 1 : 0;
      if (!loaded.ok) assertProblems(loaded.problems);
    }),
    { numRuns: 400 },
  );
  assert.ok(accepted > 10, `only ${accepted} were near enough`);
});

test('whatever bytes a policy or a file of tenants has, it is read or refused', (t) => {
  const file = join(temporaryFolder(t), 'bytes.json');
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    text.map((words) => Buffer.from(words)),
    anyDocument.map((value) => Buffer.from(writable(value)).subarray(0, -1)),
  );
  fc.assert(
    fc.property(bytes, (content) => {
      writeFileSync(file, content);
      for (const result of [loadPolicy(file, STRICT), readTenantsFile(file), readShiftFeeds(file, [])]) {
        if (!result.ok) assertProblems(result.problems);
        else assert.ok('policy' in result, 'no tenants come out of nothing');
      }
    }),
  );
});

test('a policy that is neither JSON nor the path of a file is refused', () => {
  fc.assert(
    fc.property(text, (source) => {
      const loaded = loadPolicy(source, STRICT);
      if (!loaded.ok) assertProblems(loaded.problems);
      else assert.ok(isPolicy(JSON.parse(source)));
    }),
  );
});

test('a file of tenants is accepted exactly if the rules allow it, and its secrets are told to nobody', (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'tenants.json');
  writeFileSync(join(folder, 'secret'), 'from-a-file\n');
  const entry = { tenantId: 'acme', clientId: 'client', clientSecret: 's3cret-inline' };
  const other = { tenantId: 'other', clientId: 'c', clientSecretFile: 'secret', baseUrl: 'http://127.0.0.1:8080/a' };
  let accepted = 0;
  fc.assert(
    fc.property(fc.oneof({ weight: 8, arbitrary: nearValid([[entry], [entry, other]]) }, anyDocument), (value) => {
      const json = writable(value);
      writeFileSync(file, json);
      const read = readTenantsFile(file);
      assert.equal(read.ok, areTenants(JSON.parse(json)), json.slice(0, 300));
      accepted += read.ok ? 1 : 0;
      if (read.ok) assert.ok(read.tenants.every(({ clientSecret }) => clientSecret() !== ''));
      else assertProblems(read.problems);
      assert.ok(!JSON.stringify(read).includes('s3cret-inline'));
    }),
    { numRuns: 400 },
  );
  assert.ok(accepted > 10, `only ${accepted} were near enough`);
});

test('whatever the environment of the command line holds, it is read or refused by the name of the variable', () => {
  const names = [
    'CXONE_TENANT_ID',
    'PROVISIONING_TASK_QUEUE',
    'PROVISIONING_POLICY',
    'CXONE_BASE_URL',
    'TEMPORAL_ADDRESS',
  ];
  const values = fc.oneof(
    text,
    fc.constantFrom('acme', '{"lockWait":"1s"}', 'localhost:7233', '[::1]:1', 'http://127.0.0.1'),
  );
  const env = fc.dictionary(fc.constantFrom(...names, 'TEMPORAL_TLS', 'TEMPORAL_API_KEY', '__proto__'), values);
  fc.assert(
    fc.property(env, fc.option(values, { nil: undefined }), (variables, tenant) => {
      const parsed = parseCliConfig(variables, tenant);
      if (parsed.ok) assert.ok(isIdOf(parsed.config.tenantId, 63, '-'));
      else for (const { path } of parsed.problems) assert.match(path, /^(?:--tenant|[A-Z_]+(?:\..+)?)$/s);
    }),
  );
});

/** As a file has it. What is endlessly deep no writer of ours could put down. */
function writable(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    const depth = 20_000;
    return isFields(value) || Array.isArray(value) ? '['.repeat(depth) + ']'.repeat(depth) : JSON.stringify(deep());
  }
}

function areTenants(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isTenant)) return false;
  const ids = value.map((tenant: { tenantId: string }) => tenant.tenantId.toLowerCase());
  return new Set(ids).size === ids.length;
}

function isTenant(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { tenantId, clientId, clientSecret, clientSecretFile, baseUrl } = value;
  return (
    hasOnly(value, ['tenantId', 'clientId'], ['clientSecret', 'clientSecretFile', 'baseUrl']) &&
    isIdOf(tenantId, 63, '-') &&
    !tenantId.startsWith('-') &&
    !tenantId.endsWith('-') &&
    isFilled(clientId) &&
    (clientSecretFile === undefined
      ? isFilled(clientSecret)
      : clientSecretFile === 'secret' && clientSecret === undefined) &&
    (baseUrl === undefined || isBaseUrl(baseUrl))
  );
}

/** HTTPS, or HTTP to this machine, with a plain path. */
function isBaseUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, hostname, pathname } = new URL(value);
  const isAllowed = protocol === 'https:' || (protocol === 'http:' && hostname === '127.0.0.1');
  return isAllowed && !/[?#@\\]/.test(value) && /^[A-Za-z0-9_.~/-]*$/.test(pathname) && !/\/\/./.test(pathname);
}

function isFilled(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function assertProblems(problems: readonly { path: string; message: string }[]): void {
  assert.ok(problems.length > 0 && problems.every(({ message }) => message !== ''));
}
