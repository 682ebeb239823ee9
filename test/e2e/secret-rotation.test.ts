import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { ProvisionResult } from '../../domain/outcome.ts';
import { DEMO_CLIENT_SECRET } from '../../simulator/index.ts';
import { patiently, type CommandRun } from '../support/command-line.ts';
import { guardTemporal, type GuardedTemporal } from '../support/guarded-temporal.ts';
import { PATIENCE } from '../support/interrupted-run.ts';
import { assign, startStack, type Stack } from '../support/stack.ts';
import { temporalAddress } from '../support/temporal.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const NEW_SECRET = 'the-secret-after-it';

/** A worker process that has worked once, with its client's secret in a file. */
async function startedWithFile(t: TestContext): Promise<{ s: Stack; file: string }> {
  const file = join(temporaryFolder(t), 'client-secret');
  writeFileSync(file, DEMO_CLIENT_SECRET);
  const env = { CXONE_CLIENT_SECRET: '', CXONE_CLIENT_SECRET_FILE: file };
  const s = await startStack(t, { worker: 'process', policy: PATIENCE, env });
  await expectProvisioned(s, 1);
  return { s, file };
}

/** Waits for the run itself: on a busy machine a worker may need longer than a caller is given. */
async function expectProvisioned(s: Stack, level: number): Promise<void> {
  const run = await s.start(s.request({ changes: [assign('skill-voice', level)] }));
  const { outcomes } = (await run.result()) as ProvisionResult;
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['provisioned'],
  );
}

/** How many times the platform was asked for a token so far. */
function logins(s: Stack): number {
  return s.simulator.ledger.filter(({ operation }) => operation === 'token').length;
}

test('the client secret is replaced while a worker runs: the old one and its tokens go, requests go on', async (t) => {
  const { s, file } = await startedWithFile(t);
  s.simulator.setClientSecrets([DEMO_CLIENT_SECRET, NEW_SECRET]);
  writeFileSync(`${file}.new`, NEW_SECRET);
  renameSync(`${file}.new`, file);
  s.simulator.setClientSecrets([NEW_SECRET]);
  s.simulator.revokeTokens();
  await expectProvisioned(s, 2);
  assert.equal(logins(s), 2);
  await s.finish();
});

test('a secret file that is empty or half-written ends no request, before the old secret is revoked nor after', async (t) => {
  const { s, file } = await startedWithFile(t);
  let level = 1;
  s.simulator.setClientSecrets([DEMO_CLIENT_SECRET, NEW_SECRET]);
  for (const content of ['', NEW_SECRET.slice(0, 5)]) {
    writeFileSync(file, content);
    s.simulator.revokeTokens();
    await expectProvisioned(s, (level += 1));
  }

  s.simulator.setClientSecrets([NEW_SECRET]);
  s.simulator.revokeTokens();
  const before = logins(s);
  const provisioned = expectProvisioned(s, level + 1);
  await s.until(() => logins(s) > before + 1);
  writeFileSync(file, `${NEW_SECRET}\n`);
  await provisioned;
  await s.finish();
});

async function startedBehindGate(t: TestContext): Promise<{
  s: Stack;
  gate: GuardedTemporal;
  file: string;
  variables: Record<string, string>;
}> {
  const gate = await guardTemporal(t, await temporalAddress(), ['key-one']);
  const file = join(temporaryFolder(t), 'api-key');
  writeFileSync(file, 'key-one\n');
  const s = await startStack(t, { worker: 'none' });
  const variables = { TEMPORAL_ADDRESS: gate.address, TEMPORAL_TLS: 'false', TEMPORAL_API_KEY_FILE: file };
  return { s, gate, file, variables };
}

test("Temporal's API key is replaced while a worker runs, and a half-written one is never shown", async (t) => {
  const { s, gate, file, variables } = await startedBehindGate(t);
  const worker = startWorkerProcess(t, { ...s.env, ...variables, LOG_LEVEL: 'info' });
  await worker.untilSaid('the worker polls');
  const asked = ['--agent', s.agentId, '--skill', 'voice', '--by', 'kim', '--reason', 'test'];
  const provision = (level: string): Promise<CommandRun> =>
    patiently(() => s.cliWith(variables, 'provision', ...asked, '--level', level, '--request-id', `level-${level}`));
  assert.equal((await provision('1')).json.status, 'provisioned');

  gate.keys.add('key-two');
  for (const content of ['', 'key-t', 'key-two']) writeFileSync(file, content);
  await worker.untilSaid('the API key for Temporal was replaced');
  gate.keys.delete('key-one');
  assert.equal((await provision('2')).json.status, 'provisioned');
  assert.deepEqual([...gate.shown], ['key-one', 'key-two']);
  assert.doesNotMatch(worker.said(), /key-(?:one|two)/);
  worker.signal('SIGTERM');
  assert.equal(await worker.ended, 0);
  await s.finish();
});
