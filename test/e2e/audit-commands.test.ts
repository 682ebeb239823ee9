import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { runCli } from '../../client/cli/main.ts';
import { idsOf, insertRecords, openTrail, sharedPostgres, type Trail } from '../support/audit-trail.ts';
import { PROGRAM_FILE } from '../support/program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const newDatabase = sharedPostgres();
/** Somebody else's PostgreSQL is not ours to restart. */
const isOurs = (process.env['POSTGRES_URL'] ?? '') === '';

interface Run {
  code: number;
  document: Record<string, unknown> & { problem?: { code: string; message: string } };
}

async function run(argv: string[], env: Record<string, string>): Promise<Run> {
  let stdout = '';
  const code = await runCli([...argv, '--json'], {
    env,
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: () => true },
  });
  return { code, document: JSON.parse(stdout) as Run['document'] };
}

async function withKey(t: TestContext): Promise<{ folder: string; key: string; publicKey: string }> {
  const folder = temporaryFolder(t);
  const key = join(folder, 'checkpoint.key');
  assert.equal((await run(['audit', 'keygen', '--out', key], {})).code, 0);
  return { folder, key, publicKey: `${key}.pub` };
}

test('sealed, signed, verified by commands; after a cut tail verify ends with 9 and says where', async (t) => {
  const { database, writer } = await openTrail(t, await newDatabase(t));
  const { folder, key, publicKey } = await withKey(t);
  const place = join(folder, 'checkpoints.jsonl');
  const sealing = { AUDIT_URL: database.sealer, AUDIT_CHECKPOINTS: place, AUDIT_CHECKPOINT_KEY_FILE: key };
  await insertRecords(writer, idsOf(10));
  await sealedAll(sealing, 10);
  const made = await run(['audit', 'checkpoint'], sealing);
  assert.equal((made.document['checkpoints'] as unknown[]).length, 1);
  assert.deepEqual((await run(['audit', 'checkpoint'], sealing)).document, { checkpoints: [] });

  const argv = ['audit', 'verify', '--checkpoints', place, '--public-key', publicKey];
  const reading = { AUDIT_URL: database.reader, CXONE_TENANT_ID: 'nobody' };
  const sound = await run(argv, reading);
  assert.deepEqual([sound.code, sound.document['sound'], sound.document['findings']], [0, true, []]);

  await database.asOwner(`delete from audit.chain where position > 7`);
  await database.asOwner(`delete from audit.records where id in ('r-8', 'r-9', 'r-10')`);
  const cut = await run(argv, reading);
  assert.equal(cut.code, 9);
  const [finding, ...others] = cut.document['findings'] as Record<string, unknown>[];
  assert.deepEqual([finding?.['kind'], finding?.['tenantId'], finding?.['position']], ['tail-cut', 'acme', 8]);
  assert.deepEqual(
    others.map(({ kind }) => kind),
    [],
  );
});

test('a key pair is made for its owner only, and never over another one', async (t) => {
  const { key, publicKey } = await withKey(t);
  assert.equal(statSync(key).mode & 0o777, 0o600);
  const before = readFileSync(key, 'utf8');
  const again = await run(['audit', 'keygen', '--out', key], {});
  assert.deepEqual([again.code, again.document.problem?.code], [2, 'invalid-file']);
  assert.equal(readFileSync(key, 'utf8'), before);
  assert.doesNotMatch(readFileSync(publicKey, 'utf8'), /PRIVATE/);
});

test('a private key in the place of the public one is refused, and so is anything that is no key', async (t) => {
  const { database } = await openTrail(t, await newDatabase(t));
  const { folder, key, publicKey } = await withKey(t);
  const other = join(folder, 'other');
  writeFileSync(other, 'nothing');
  for (const [file, says] of [
    [key, /is a private key/],
    [other, /must hold Ed25519 public keys/],
  ] as const) {
    const { code, document } = await run(['audit', 'verify', '--public-key', file], { AUDIT_URL: database.reader });
    assert.equal(code, 2);
    assert.match(document.problem?.message ?? '', says);
  }
  const sealing = { AUDIT_URL: database.sealer, AUDIT_CHECKPOINTS: folder, AUDIT_CHECKPOINT_KEY_FILE: publicKey };
  const { code, document } = await run(['audit', 'checkpoint'], sealing);
  assert.equal(code, 2);
  assert.match(document.problem?.message ?? '', /must hold an Ed25519 private key/);
});

test('what a command lacks is said by the names of the variables', async (t) => {
  const { database } = await openTrail(t, await newDatabase(t));
  const { code, document } = await run(['audit', 'checkpoint'], { AUDIT_URL: database.sealer });
  assert.equal(code, 2);
  assert.match(document.problem?.message ?? '', /AUDIT_CHECKPOINTS is required.*AUDIT_CHECKPOINT_KEY_FILE is required/);
  const bad = await run(['audit', 'seal'], { AUDIT_SEAL_INTERVAL: 'often', AUDIT_CHECKPOINT_KEY_FILE: '/k' });
  assert.equal(bad.code, 2);
  assert.match(bad.document.problem?.message ?? '', /AUDIT_SEAL_INTERVAL/);
  const file = await run(['audit', 'verify'], { AUDIT_FILE: '/tmp/none.jsonl' });
  assert.deepEqual([file.code, file.document.problem?.code], [2, 'no-database']);
});

test('the sealer as a service seals, signs to a folder, tells how it is, and ends in order', async (t) => {
  const { database, writer, reader } = await openTrail(t, await newDatabase(t));
  const { folder, key, publicKey } = await withKey(t);
  const sealer = await startSealer(t, {
    ...serviceOf(database.sealer),
    AUDIT_CHECKPOINTS: folder,
    AUDIT_CHECKPOINT_KEY_FILE: key,
  });
  await insertRecords(writer, idsOf(30));
  await until(async () => (await linksOf(reader)) === 30);
  await until(() => readdirSync(folder).some((name) => name.endsWith('.checkpoints.jsonl')));
  await until(async () => (await fetch(`${sealer.health}/readyz`)).status === 200);
  await until(async () => (await metric(sealer.metrics, 'audit_last_checkpoint_timestamp_seconds')) > 0);
  await until(async () => (await metric(sealer.metrics, 'audit_open_intents')) >= 0);
  assert.equal(await metric(sealer.metrics, 'audit_sealed_records_total'), 30);
  assert.equal(await metric(sealer.metrics, 'audit_unsealed_records'), 0);
  assert.equal(await metric(sealer.metrics, 'audit_sealing'), 1);
  sealer.process.signal('SIGTERM');
  assert.equal(await sealer.process.ended, 0);
  const argv = ['audit', 'verify', '--checkpoints', folder, '--public-key', publicKey];
  assert.equal((await run(argv, { AUDIT_URL: database.reader })).code, 0);
});

test('a sealer that is killed leaves the work to another', async (t) => {
  const { database, writer, reader } = await openTrail(t, await newDatabase(t));
  const sealers = [await startSealer(t, serviceOf(database.sealer)), await startSealer(t, serviceOf(database.sealer))];
  await insertRecords(writer, idsOf(5_000));
  await until(async () => (await linksOf(reader)) > 0);
  sealers[0]?.process.signal('SIGKILL');
  await insertRecords(writer, idsOf(5_000, 's'));
  await until(async () => (await linksOf(reader)) === 10_000);
  assert.equal((await run(['audit', 'verify'], { AUDIT_URL: database.reader })).code, 0);
});

if (isOurs) {
  test('a sealer goes on after its PostgreSQL was restarted, and is not ready meanwhile', async (t) => {
    const { database, writer } = await openTrail(t, await newDatabase(t));
    const sealer = await startSealer(t, serviceOf(database.sealer));
    await insertRecords(writer, idsOf(5));
    await until(async () => (await metric(sealer.metrics, 'audit_sealed_records_total')) === 5);
    await database.postgres.restart();
    await until(() => sealer.process.said().includes('nothing is sealed'));
    await database.asOwner('select 1');
    await until(async () => (await fetch(`${sealer.health}/readyz`)).status === 200);
    assert.match(sealer.process.said(), /sealing again/);
  });
}

interface Sealer {
  process: WorkerProcess;
  health: string;
  metrics: string;
}

function serviceOf(url: string): Record<string, string> {
  return {
    AUDIT_URL: url,
    AUDIT_SEAL_INTERVAL: '50ms',
    AUDIT_CHECKPOINT_INTERVAL: '1s',
    HEALTH_ADDRESS: '127.0.0.1:0',
    METRICS_ADDRESS: '127.0.0.1:0',
  };
}

async function startSealer(t: TestContext, env: Record<string, string>): Promise<Sealer> {
  const process = startWorkerProcess(t, env, [PROGRAM_FILE, 'audit', 'seal', '--watch']);
  await process.untilSaid('"listening"');
  const line = process
    .said()
    .split('\n')
    .find((text) => text.includes('"listening"'));
  const { listening } = JSON.parse(line ?? '') as { listening: { port: number }[] };
  const [health, metrics] = listening.map(({ port }) => `http://127.0.0.1:${port}`);
  return { process, health: health ?? '', metrics: metrics ?? '' };
}

/** A value of the metrics page; NaN while it is not shown. */
async function metric(url: string, name: string): Promise<number> {
  const page = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (.+)$`, 'm').exec(page)?.[1] ?? Number.NaN);
}

async function linksOf(reader: Trail['reader']): Promise<number> {
  const { rows } = await reader.query<{ links: string }>('select count(*) as links from audit.chain');
  return Number(rows[0]?.links);
}

/** `audit seal` takes what can be sealed now: what the server does by itself may hold a record back for a moment. */
async function sealedAll(env: Record<string, string>, records: number): Promise<void> {
  let sealed = 0;
  await until(async () => {
    sealed += Number((await run(['audit', 'seal'], env)).document['sealed']);
    return sealed === records;
  });
}

async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await isSo())) await new Promise(setImmediate);
}
