import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { DriftReport } from '../../domain/drift.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ASKED = ['--by', 'kim', '--reason', 'nightly'] as const;

async function startWithFile(t: TestContext): Promise<{ s: Stack; file: string }> {
  const s = await startStack(t);
  const file = join(temporaryFolder(t), 'centre.yaml');
  writeFileSync(file, `version: 1\nagents:\n  '${s.agentId}':\n    skills: [{ skill: voice, level: 4 }]\n`);
  return { s, file };
}

test('a check finds drift, a repair takes it away, and the next check says so', async (t) => {
  const { s, file } = await startWithFile(t);
  const found = await s.cli('drift', 'check', '--file', file, ...ASKED, '--detailed-exitcode');
  assert.deepEqual([found.code, found.json['inDirectory'], s.writes()], [8, 1, []]);
  const text = await s.cliText('drift', 'check', '--file', file, ...ASKED);
  assert.equal(text.code, 0);
  assert.match(text.stdout, /directory +voice in general \(skill-voice\) +none +→ +4/);
  const repaired = await s.cli('drift', 'check', '--file', file, ...ASKED, '--repair');
  const [agent] = (repaired.json as unknown as DriftReport).drifted;
  assert.ok(agent?.repair !== undefined && 'requestId' in agent.repair);
  const { requestId } = agent.repair;
  await s.temporal.workflow.getHandle(s.workflowId).result();
  const outcome = await s.cli('outcome', '--agent', s.agentId, '--request-id', requestId);
  assert.equal(outcome.json.status, 'provisioned');
  const after = await s.cli('drift', 'check', '--file', file, ...ASKED, '--detailed-exitcode');
  assert.deepEqual([after.code, after.json['inDirectory'], after.json['inRouting']], [0, 0, 0]);
  await s.finish();
});

test('a watch checks by a schedule, is listed, replaced, asked for its report, and stopped', async (t) => {
  const { s, file } = await startWithFile(t);
  const name = ['--name', s.agentId];
  const early = await s.cli('drift', 'report', ...name);
  assert.deepEqual([early.code, early.json.problem?.code], [3, 'unknown-watch']);
  for (const every of ['1h', '2h']) {
    const watch = await s.cli('drift', 'watch', '--file', file, '--every', every, ...name, ...ASKED);
    assert.equal(watch.code, 0, watch.stdout);
  }
  let report: DriftReport | undefined;
  while (report === undefined) {
    const last = await s.cli('drift', 'report', ...name, '--detailed-exitcode');
    report = last.json['report'] as DriftReport | undefined;
    assert.equal(last.code, report === undefined ? 0 : 8);
  }
  assert.deepEqual([report.inDirectory, report.drifted[0]?.agentId], [1, s.agentId]);
  let watches: Record<string, unknown>[] = [];
  // The list comes from an index that lags behind.
  while (watches[0]?.['everyMs'] !== 7_200_000) {
    const list = await s.cli('drift', 'list');
    watches = (list.json['watches'] as Record<string, unknown>[]).filter((watch) => watch['name'] === s.agentId);
  }
  assert.deepEqual(
    watches.map(({ source, repair }) => [source, repair]),
    [['centre.yaml', false]],
  );
  assert.equal((await s.cli('drift', 'stop', ...name)).code, 0);
  const gone = await s.cli('drift', 'stop', ...name);
  assert.deepEqual([gone.code, gone.json.problem?.code], [3, 'unknown-watch']);
  await s.finish();
});

test('a watch more often than every minute, or with a name that is none, is refused', async (t) => {
  const { s, file } = await startWithFile(t);
  const wrong = await s.cli('drift', 'watch', '--file', file, '--every', '5s', '--name', 'a b', ...ASKED);
  assert.equal(wrong.code, 2);
  assert.deepEqual(
    (wrong.json.problem?.details?.['problems'] as { path: string }[]).map(({ path }) => path),
    ['--name', '--every'],
  );
});
