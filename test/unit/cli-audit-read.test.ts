import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { runCli } from '../../client/cli/main.ts';
import type { AuditRecord } from '../../domain/audit-record.ts';
import { auditDatabase } from '../support/audit-database.ts';
import { auditMonth } from '../support/audit-month.ts';
import { auditRecord } from '../support/audit-record.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

interface Ran {
  exitCode: number;
  out: string;
  err: string;
}

/** A folder with the trail of the made-up month, and how to ask about it. */
function world(t: TestContext, records: readonly AuditRecord[] = auditMonth()) {
  const folder = temporaryFolder(t);
  const file = join(folder, 'audit.jsonl');
  writeFileSync(file, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  const run = async (...argv: string[]): Promise<Ran> => {
    let out = '';
    let err = '';
    const exitCode = await runCli(['audit', ...argv], {
      env: { AUDIT_FILE: file },
      stdout: { write: (text) => (out += text) },
      stderr: { write: (text) => (err += text) },
    });
    return { exitCode, out, err };
  };
  return { folder, file, run };
}

test('the commands of the trail need neither Temporal nor a tenant, and no tenant means all', async (t) => {
  const other = auditRecord('globex/1', { tenantId: 'globex', requestId: 'req-205' });
  const { run } = world(t, [...auditMonth(), other]);
  const all = await run('show', '--request', 'req-205', '--json');
  const one = await run('show', '--request', 'req-205', '--json', '--tenant', 'globex');
  const tenants = ({ out }: Ran): Set<string> =>
    new Set((JSON.parse(out) as { records: AuditRecord[] }).records.map(({ data }) => data.tenantId));
  assert.deepEqual([...tenants(all)].sort(), ['acme', 'globex']);
  assert.deepEqual([...tenants(one)], ['globex']);
});

test('who changed what, when and why is one line each, in the zone that was asked for', async (t) => {
  const { run } = world(t);
  const { exitCode, out } = await run('show', '--request', 'req-5902', '--zone', 'Europe/Berlin');
  assert.equal(exitCode, 0);
  const lines = out.split('\n').filter((line) => /^2026/.test(line));
  assert.equal(lines.length, 5);
  assert.match(lines[1] ?? '', /^2026-11-17 15:41:22 +parked +unknown \(lock-timeout\)/);
  assert.match(lines[2] ?? '', /reconcile-abandon +success +m\.okafor .*shift was moved, asked again/);
});

test('nothing in a record steers the terminal', async (t) => {
  const { run } = world(t, [auditRecord('a', { reason: 'x\u001b[2J\u202ey\nz' })]);
  const { out } = await run('show', '--agent', 'agent-1');
  // eslint-disable-next-line no-control-regex -- that is what must not be there
  assert.doesNotMatch(out, /[\u001b\u202e]/);
  assert.equal(out.trimEnd().split('\n').length, 4);
});

test('only the newest are shown, and how many are not is said', async (t) => {
  const many = Array.from({ length: 2_500 }, (_, index) => auditRecord(`r-${index}`, { requestId: `q-${index}` }));
  const { run } = world(t, many);
  const { records, leftOut } = JSON.parse((await run('show', '--agent', 'agent-1', '--json')).out) as {
    records: AuditRecord[];
    leftOut: number;
  };
  assert.equal(records.length, 1_000);
  assert.equal(leftOut, 1_500);
  assert.equal(records.at(-1)?.id, 'r-2499');
});

test('a folder is the trail of all hosts, rotated files too', async (t) => {
  const { folder, run } = world(t, []);
  const trails = join(folder, 'trails');
  mkdirSync(trails);
  for (const [index, name] of ['host-a.jsonl', 'host-b.jsonl', 'host-b.jsonl.1', 'notes.txt'].entries()) {
    writeFileSync(join(trails, name), `${JSON.stringify(auditRecord(`r-${index}`))}\n`);
  }
  const { out } = await run('export', '--format', 'jsonl', '--file', trails);
  assert.equal(out.trimEnd().split('\n').length, 3);
});

test('an export to a file is there whole or not at all, for its owner only', async (t) => {
  const { folder, run } = world(t);
  const path = join(folder, 'out.csv');
  const { exitCode, out } = await run('export', '--format', 'csv', '--out', path, '--json');
  assert.equal(exitCode, 0);
  const { records } = JSON.parse(out) as { records: number };
  assert.equal(records, auditMonth().length);
  assert.equal(readFileSync(path, 'utf8').trimEnd().split('\r\n').length, records + 1);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const failed = await run('export', '--format', 'csv', '--out', join(folder, 'none', 'out.csv'), '--json');
  assert.equal(failed.exitCode, 2);
  assert.equal((JSON.parse(failed.out) as { problem: { code: string } }).problem.code, 'invalid-file');
  const unread = await run('export', '--format', 'csv', '--file', join(folder, 'gone'), '--out', join(folder, 'b.csv'));
  assert.equal(unread.exitCode, 6);
  assert.ok(!existsSync(join(folder, 'b.csv')));
  assert.deepEqual(readdirSync(folder).sort(), ['audit.jsonl', 'out.csv']);
});

test('open writes are listed, and are an exit code only if asked for', async (t) => {
  const { run } = world(t);
  const plain = await run('open');
  assert.equal(plain.exitCode, 0);
  assert.match(plain.out, /req-5903 .*waits for a person: conflict-limit/);
  assert.match(plain.out, /req-5904 .*no outcome/);
  assert.equal((await run('open', '--detailed-exitcode')).exitCode, 8);
  assert.equal((await run('open', '--detailed-exitcode', '--tenant', 'globex')).exitCode, 0);
});

test('a report is a page, or with --json what is behind it', async (t) => {
  const { folder, run } = world(t);
  const page = await run('report', '--month', '2026-11');
  assert.match(page.out, /^<!doctype html>/);
  const path = join(folder, 'report.html');
  const { out } = await run('report', '--month', '2026-11', '--zone', 'Europe/Berlin', '--out', path, '--json');
  const { requests, month } = JSON.parse(out) as { requests: number; month: { since: string } };
  assert.ok(requests > 300);
  assert.equal(month.since, '2026-11-01T00:00:00+01:00');
  assert.ok(readFileSync(path, 'utf8').includes('November 2026'));
});

test('with AUDIT_URL the trail is read from PostgreSQL, by a user who can only read', async (t) => {
  const database = await auditDatabase(t);
  const record = auditRecord('a');
  await database.asOwner('insert into audit.records (tenant_id, id, time, record) values ($1, $2, $3, $4)', [
    record.data.tenantId,
    record.id,
    record.time,
    record,
  ]);
  let out = '';
  const exitCode = await runCli(['audit', 'show', '--agent', 'agent-1', '--json'], {
    env: { AUDIT_URL: database.reader },
    stdout: { write: (text) => (out += text) },
    stderr: { write: () => true },
  });
  assert.equal(exitCode, 0);
  assert.deepEqual((JSON.parse(out) as { records: AuditRecord[] }).records, [record]);
});

test('lines that are no records are said on stderr', async (t) => {
  const { file, run } = world(t);
  writeFileSync(file, 'torn', { flag: 'a' });
  const { exitCode, err } = await run('show', '--agent', 'agent-104');
  assert.equal(exitCode, 0);
  assert.match(err, /1 line of .* left out/);
});

const BAD: Record<string, { argv: string[]; path: string; says: RegExp }> = {
  'no filter': { argv: ['show'], path: '--agent', says: /is required, or one of --skill/ },
  'a time without a zone': { argv: ['show', '--since', '2026-11-02T10:00'], path: '--since', says: /--zone/ },
  'no time': { argv: ['show', '--since', 'yesterday'], path: '--since', says: /7d/ },
  'a day that is not there': { argv: ['show', '--until', '2026-02-30'], path: '--until', says: /calendar/ },
  'an end before the beginning': {
    argv: ['show', '--since', '2026-11-02', '--until', '2026-11-01'],
    path: '--until',
    says: /later than --since/,
  },
  'no zone': {
    argv: ['report', '--month', '2026-11', '--zone', 'Middle/Earth'],
    path: '--zone',
    says: /Europe\/Berlin/,
  },
  'no month': { argv: ['report', '--month', '2026-13'], path: '--month', says: /2026-11/ },
  'a format that is none': { argv: ['export', '--format', 'xml'], path: '--format', says: /jsonl, csv, ocsf/ },
  'one document and a stream': { argv: ['export', '--format', 'csv'], path: '--json', says: /needs --out/ },
};

for (const [name, { argv, path, says }] of Object.entries(BAD)) {
  test(`refused: ${name}`, async (t) => {
    const { exitCode, out } = await world(t).run(...argv, '--json');
    assert.equal(exitCode, 2);
    const { problem } = JSON.parse(out) as { problem: { details: { problems: { path: string; message: string }[] } } };
    const found = problem.details.problems.find((one) => one.path === path);
    assert.match(found?.message ?? JSON.stringify(problem), says);
  });
}
