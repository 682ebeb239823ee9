import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { billOfMaterials } from '../../tools/sbom.mjs';
import { carryOut } from '../../tools/supply-chain.mjs';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { name, dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  name: string;
  dependencies: Record<string, string>;
};

test('the bill of materials lists what is released, each with its hash, and nothing of development', () => {
  const { metadata, components, dependencies: needs } = billOfMaterials();
  assert.equal(metadata.component.name, name);
  const listed = components.map((component) => `${component.name}@${component.version}`);
  const direct = Object.entries(dependencies).map(([dependency, version]) => `${dependency}@${version}`);
  assert.deepEqual(
    direct.filter((dependency) => !listed.includes(dependency)),
    [],
  );
  assert.deepEqual([...new Set(listed)].sort(), releasedByTheLockfile());
  assert.deepEqual(
    components.filter(({ hashes = [] }) => hashes.length === 0).map((component) => component.name),
    [],
  );
  assert.deepEqual(
    direct.filter((dependency) => needs[0]?.dependsOn?.includes(dependency) !== true),
    [],
  );
});

test('what npm could not ask counts as not checked, a bad answer as failed', (t) => {
  const check = { what: 'signatures', args: ['audit', 'signatures'] };
  assert.equal(carryOut(check, npmThat(t, 'echo "audited 5 packages"')), 0);
  assert.equal(carryOut(check, npmThat(t, 'echo "npm error code ENOTFOUND" >&2; exit 1')), 3);
  assert.equal(carryOut(check, npmThat(t, 'echo "npm warn audit 405 Method Not Allowed" >&2; exit 1')), 3);
  const unreachable = 'npm warn audit request to https://registry.example/ failed, reason: getaddrinfo EAI_AGAIN';
  assert.equal(carryOut(check, npmThat(t, `echo "${unreachable}" >&2; exit 1`)), 3);
  for (const answer of ['error code E401', 'error code E403', 'error code E404', 'warn audit 404 Not Found']) {
    assert.equal(carryOut(check, npmThat(t, `echo "npm ${answer}" >&2; exit 1`)), 1, answer);
  }
  const quoted = 'left-pad: hides ECONNRESET and 405 Method Not Allowed';
  assert.equal(carryOut(check, npmThat(t, `echo "${quoted}"; exit 1`)), 1);
  assert.equal(carryOut(check, npmThat(t, 'echo "1 package has an invalid registry signature"; exit 1')), 1);
  assert.equal(carryOut(check, npmThat(t, 'echo "1 high severity vulnerability"; exit 1')), 1);
});

function npmThat(t: TestContext, does: string): string {
  const file = join(temporaryFolder(t), 'npm');
  writeFileSync(file, `#!/bin/sh\n${does}\n`);
  chmodSync(file, 0o755);
  return file;
}

function releasedByTheLockfile(): string[] {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { version: string; dev?: boolean }>;
  };
  const released = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  return [
    ...new Set(released.map(([path, { version }]) => `${path.replace(/^.*node_modules\//, '')}@${version}`)),
  ].sort();
}
