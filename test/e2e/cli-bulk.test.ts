import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { BulkReportLine } from '../../client/index.ts';
import { runCli } from '../../client/cli/main.ts';
import { runProgram } from '../support/program.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { uniqueName } from '../support/temporal.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ASKED = ['--by', 'kim', '--reason', 'peak hours'] as const;
const NOTED = ['--by', 'kim', '--note', 'as agreed'] as const;

test('a file of changes is carried out whole, reported line by line, and what failed is made again', async (t) => {
  const s = await startStack(t, { worker: 'process' });
  const [first = '', second = '', idle = '', stuck = ''] = addAgents(s, 4);
  s.simulator.disturbRouting(stuck, { never: true });
  const file = writeTable(t, [
    [first, 'assign', 'voice', '', '3.7'],
    [second, 'assign', 'billing', '', '4'],
    [idle, 'remove', 'base', '', ''],
    [stuck, 'assign', 'twin', 'east', '2'],
  ]);
  const report = `${file}.report.csv`;

  const done = await s.cli('bulk', 'submit', '--file', file, ...ASKED, '--ticket', 'OPS-1', '--report', report);
  assert.equal(done.code, 5, done.stderr);
  assert.deepEqual(done.json['counts'], { provisioned: 2, rejected: 1, 'awaiting-reconciliation': 1 });
  const bulkId = String(done.json['bulkId']);
  const lines = await reportOf(s, bulkId);
  assert.deepEqual(
    lines.map(({ line, agentId, status }) => [line, agentId, status]),
    [
      [2, first, 'provisioned'],
      [3, second, 'rejected'],
      [4, idle, 'provisioned'],
      [5, stuck, 'awaiting-reconciliation'],
    ],
  );
  const [header, ...rows] = readFileSync(report, 'utf8').trimEnd().split('\r\n');
  assert.match(header ?? '', /^line,agent,action,skill_id,skill,group,level,expected_level,status,before,after,/);
  assert.match(
    rows[0] ?? '',
    new RegExp(`^2,${first},assign,,voice,,3\\.7,,provisioned,0,4,,,1,0,.*,OPS-1,peak hours,kim$`),
  );
  assert.match(rows[1] ?? '', new RegExp(`^3,${second},assign,,billing,,4,,rejected,.*,unknown-skill,`));
  assert.match(rows[3] ?? '', /awaiting-reconciliation,.*routing-not-synchronised/);

  const asked = s.simulator.ledger.length;
  const again = await s.cli('bulk', 'submit', '--file', file, ...ASKED, '--ticket', 'OPS-1');
  assert.deepEqual([again.code, again.json['counts']], [5, done.json['counts']]);
  const otherwise = await s.cli('bulk', 'submit', '--file', file, '--by', 'kim', '--reason', 'another');
  assert.deepEqual([otherwise.code, otherwise.json.problem?.code], [2, 'bulk-id-reused']);
  assert.equal(s.simulator.ledger.length, asked);

  s.simulator.addSkill({ skillId: 'skill-billing', name: 'billing', skillGroup: 'general', status: 'ACTIVE' });
  const retry = ['bulk', 'retry-failed', '--report', report, '--by', 'lee', '--reason', 'skill exists now'];
  const retried = await s.cli(...retry, '--out', `${report}.jsonl`);
  assert.deepEqual([retried.code, retried.json['counts']], [0, { provisioned: 1 }], retried.stdout);
  const [made] = await reportOf(s, String(retried.json['bulkId']));
  assert.deepEqual(JSON.parse(readFileSync(`${report}.jsonl`, 'utf8')), made);
  assert.deepEqual([made?.line, made?.request.requestedBy, made?.request.ticket], [3, 'lee', 'OPS-1']);
  const nothing = await s.cli(
    'bulk',
    'retry-failed',
    '--report',
    `${report}.jsonl`,
    '--by',
    'lee',
    '--reason',
    'again',
  );
  assert.deepEqual([nothing.code, nothing.json.status], [0, 'nothing-to-retry']);
  await s.finish();
});

test('if nothing failed and a person is waited for, the exit code says so; if all is done, that', async (t) => {
  const s = await startStack(t, { worker: 'process' });
  const [stuck = '', fine = ''] = addAgents(s, 2);
  s.simulator.disturbRouting(stuck, { never: true });
  const yaml = join(temporaryFolder(t), 'peak.yaml');
  const changes =
    '{ action: assign, skill: { name: voice }, level: 4 }, { action: remove, skill: { skillId: skill-base } }';
  writeFileSync(yaml, `- agentId: "${stuck}"\n  changes: [${changes}]\n`);
  const waits = await s.cli('bulk', 'submit', '--file', yaml, ...ASKED);
  assert.deepEqual([waits.code, waits.json['counts']], [4, { 'awaiting-reconciliation': 1 }], waits.stderr);
  await reportOf(s, String(waits.json['bulkId']));

  const jsonl = join(temporaryFolder(t), 'peak.txt');
  const change = { action: 'assign', skill: { name: 'voice' }, level: 4 };
  writeFileSync(jsonl, JSON.stringify({ agentId: fine, changes: [change], requestedBy: 'lee' }));
  const done = await s.cli(
    'bulk',
    'submit',
    '--file',
    jsonl,
    '--format',
    'jsonl',
    ...ASKED,
    '--bulk',
    uniqueName('bulk'),
  );
  assert.deepEqual([done.code, done.json['counts']], [0, { provisioned: 1 }], done.stderr);
  const [line] = await reportOf(s, String(done.json['bulkId']));
  assert.deepEqual([line?.request.requestedBy, line?.request.reason], ['lee', 'peak hours']);
  await s.finish();
});

test('a bulk is paused, slowed, resumed and cancelled; what was not submitted can be made later', async (t) => {
  const s = await startStack(t, { worker: 'process' });
  const agents = addAgents(s, 5);
  const file = writeTable(
    t,
    agents.map((agent) => [agent, 'assign', 'voice', '', '4']),
  );
  const bulk = ['--bulk', uniqueName('bulk')];
  const submitted = await s.cli('bulk', 'submit', '--file', file, ...ASKED, ...bulk, '--rate', '1', '--no-wait');
  assert.deepEqual([submitted.code, submitted.json.status, submitted.json['requests']], [0, 'submitted', 5]);
  const paused = await s.cli('bulk', 'pause', ...bulk, ...NOTED);
  assert.deepEqual([paused.code, paused.json['state'], paused.json['perMinute']], [0, 'paused', 1]);
  const slowed = await s.cli('bulk', 'rate', ...bulk, '--rate', '2', ...NOTED);
  assert.deepEqual([slowed.code, slowed.json['perMinute']], [0, 2]);
  const resumed = await s.cli('bulk', 'resume', ...bulk, ...NOTED);
  assert.deepEqual([resumed.code, resumed.json['state']], [0, 'running']);
  const cancelled = await s.cli('bulk', 'cancel', ...bulk, ...NOTED);
  assert.deepEqual([cancelled.code, cancelled.json['state']], [0, 'cancelled']);
  const status = await s.cliText('bulk', 'status', ...bulk);
  assert.match(status.stdout, /: cancelled.*5 requests[^]*not-submitted +\d[^]*bulk retry-failed/);
  const late = await s.cli('bulk', 'resume', ...bulk, ...NOTED);
  assert.deepEqual([late.code, late.json.problem?.code], [3, 'bulk-closed']);

  const report = `${file}.report.csv`;
  const written = await s.cli('bulk', 'report', ...bulk, '--out', report);
  assert.deepEqual([written.code, written.json['lines']], [0, 5]);
  const shown = await s.cliText('bulk', 'report', ...bulk);
  assert.equal(shown.stdout.trimEnd(), readFileSync(report, 'utf8').trimEnd());
  await reportOf(s, bulk[1] ?? '');
  const retried = await s.cli('bulk', 'retry-failed', '--report', report, '--by', 'lee', '--reason', 'tonight');
  assert.equal(retried.code, 0, retried.stdout);
  await reportOf(s, String(retried.json['bulkId']));
  for (const agent of agents) assert.equal(s.simulator.agent(agent).routing.at(-1)?.level, 4);
  const unknown = await s.cli('bulk', 'status', '--bulk', uniqueName('bulk'));
  assert.deepEqual([unknown.code, unknown.json.problem?.code], [3, 'unknown-bulk']);
  await s.finish();
});

test('who stops waiting is told that the bulk goes on, and how to follow it', async (t) => {
  const s = await startStack(t);
  const file = writeTable(
    t,
    addAgents(s, 3).map((agent) => [agent, 'assign', 'voice', '', '4']),
  );
  const controller = new AbortController();
  let said = '';
  const bulkId = uniqueName('bulk');
  const code = await runCli(['bulk', 'submit', '--file', file, ...ASKED, '--bulk', bulkId, '--rate', '1'], {
    env: s.env,
    stdout: { write: () => true },
    stderr: {
      write: (text) => {
        said += text;
        if (text.includes(' of 3 settled')) controller.abort();
      },
    },
    signal: controller.signal,
  });
  assert.equal(code, 7, said);
  assert.match(said, /\d of 3 settled, running, \d\/min/);
  assert.match(said, new RegExp(`interrupted: .*goes on\\.\\nSee how far .*bulk status --bulk ${bulkId}`));
  await s.client.bulk.cancel({ bulkId, by: 'test', note: 'over' });
  await s.client.bulk.wait(bulkId);
  await reportOf(s, bulkId);
  await s.finish();
});

test('a bad file is refused before anything is sent, with the place of each problem', async (t) => {
  const file = writeTable(t, [
    ['4711', 'assign', 'voice', '', '9'],
    ['=4712', 'assign', 'voice', '', '4'],
  ]);
  // No Temporal is there, so exit code 6 would say that something was to be sent.
  const env = { CXONE_TENANT_ID: 'acme', TEMPORAL_ADDRESS: '127.0.0.1:1' };
  const text = await runProgram(['bulk', 'submit', '--file', file, ...ASKED], env);
  assert.equal(text.code, 2);
  assert.match(text.stderr, /invalid-file: .* has 2 problems\. Nothing was sent\./);
  assert.ok(
    text.stderr.includes(`  ${file}:2:5: level must be a number from 1 to 5, not 9\n  ${file}:3:1: a cell must`),
    text.stderr,
  );
  const asJson = await runProgram(['bulk', 'submit', '--file', file, ...ASKED, '--json'], env);
  const { problem } = JSON.parse(asJson.stdout) as { problem: { code: string; details: { problems: object[] } } };
  assert.equal(problem.code, 'invalid-file');
  assert.deepEqual(problem.details.problems[0], {
    line: 2,
    column: 5,
    message: 'level must be a number from 1 to 5, not 9',
  });

  const missing = await runProgram(['bulk', 'submit', '--file', `${file}.none.csv`, ...ASKED], env);
  assert.deepEqual([missing.code, /can't be read \(ENOENT\)/.test(missing.stderr)], [2, true]);
  const good = writeTable(t, [['4711', 'assign', 'voice', '', '4']]);
  const nowhere = await runProgram(
    ['bulk', 'submit', '--file', good, ...ASKED, '--report', '/nowhere/at/all.csv'],
    env,
  );
  assert.deepEqual([nowhere.code, /all\.csv can't be written/.test(nowhere.stderr)], [2, true]);
  const over = await runProgram(['bulk', 'submit', '--file', good, ...ASKED, '--report', good], env);
  assert.deepEqual([over.code, /--report must not be the same as --file/.test(over.stderr)], [2, true]);
  const unreachable = await runProgram(['bulk', 'submit', '--file', good, ...ASKED], env);
  assert.deepEqual([unreachable.code, /not done twice/.test(unreachable.stderr)], [6, true]);
});

function addAgents(s: Stack, count: number): string[] {
  return Array.from({ length: count }, () => {
    const agentId = uniqueName('agent');
    s.simulator.addAgent({ agentId, skills: [{ skillId: 'skill-base', level: 2 }] });
    return agentId;
  });
}

function writeTable(t: TestContext, rows: readonly string[][]): string {
  const path = join(temporaryFolder(t), 'changes.csv');
  const table = [['agent', 'action', 'skill', 'group', 'level'], ...rows].map((cells) => cells.join(';'));
  writeFileSync(path, `\uFEFF${table.join('\r\n')}\r\n`);
  return path;
}

/** The report of a bulk, whose requests are then judged when the test ends. */
async function reportOf(s: Stack, bulkId: string): Promise<BulkReportLine[]> {
  const { json } = await s.cli('bulk', 'report', '--bulk', bulkId);
  const lines = json['lines'] as BulkReportLine[];
  for (const { request } of lines) {
    const { line: _line, ...asked } = request;
    s.request(asked);
  }
  return lines;
}
