import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AuditRecord } from '../../domain/audit-record.ts';
import { readTrail } from '../../audit/read-trail.ts';
import { FAST_POLICY, startStack, type Stack } from '../support/stack.ts';
import { uniqueName } from '../support/temporal.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ASKED = ['--by', 'kim', '--reason', 'certified'] as const;

test('provision waits until routing uses the skill, and prints the outcome with its run', async (t) => {
  const s = await startStack(t, { worker: 'process' });
  const requestId = uniqueName('request');
  const named = ['--skill', 'voice', '--level', '3.7', '--ticket', 'OPS-1', '--request-id', requestId];
  const done = await s.cli('provision', '--agent', s.agentId, ...named, ...ASKED);
  assert.equal(done.code, 0, done.stderr);
  const { runId, ...rest } = done.json;
  assert.equal(typeof runId, 'string');
  assert.deepEqual(rest, {
    requestId,
    status: 'provisioned',
    changes: [
      { skillId: 'skill-voice', name: 'voice', requestedLevel: 3.7, targetLevel: 4, previousLevel: 0, level: 4 },
    ],
    toggles: 1,
    conflicts: 0,
    workflowId: s.workflowId,
  });
  assert.deepEqual(s.agent().routing, [
    { skillId: 'skill-base', level: 2 },
    { skillId: 'skill-voice', level: 4 },
  ]);
  const [intent] = await trail(s);
  assert.deepEqual(
    [intent?.data.requestedBy, intent?.data.reason, intent?.data.ticket, intent?.data.agentId],
    ['kim', 'certified', 'OPS-1', s.agentId],
  );
  await s.finish();
});

test('what is as asked already is left alone, and takes nobody out of the queue', async (t) => {
  const s = await startStack(t, { worker: 'process' });
  const done = await s.cli('provision', '--agent', s.agentId, '--skill-id', 'skill-base', '--level', '2', ...ASKED);
  assert.deepEqual([done.code, done.json.status], [0, 'unchanged']);
  assert.deepEqual(s.writes(), []);
  await s.finish();
});

test('deprovision takes the skill away, named by its group or by id and name together', async (t) => {
  const skills = ['skill-base', 'skill-twin-a', 'skill-twin-b'].map((skillId) => ({ skillId, level: 3 }));
  const s = await startStack(t, { worker: 'process', agent: { skills } });
  const byGroup = await s.cli('deprovision', '--agent', s.agentId, '--skill', 'twin', '--group', 'west', ...ASKED);
  assert.deepEqual([byGroup.code, byGroup.json.status], [0, 'provisioned']);
  assert.deepEqual(byGroup.json['changes'], [
    { skillId: 'skill-twin-b', name: 'twin', requestedLevel: 0, targetLevel: 0, previousLevel: 3, level: 0 },
  ]);
  const both = ['--skill-id', 'skill-twin-a', '--skill', 'twin'];
  const byBoth = await s.cli('deprovision', '--agent', s.agentId, ...both, ...ASKED);
  assert.equal(byBoth.code, 0);
  assert.deepEqual(
    s.agent().routing.map(({ skillId }) => skillId),
    ['skill-base'],
  );
  await s.finish();
});

test('what a rule or the platform refuses is rejected with the reason, and nothing is written', async (t) => {
  const s = await startStack(t, { worker: 'process' });
  const refused: [string[], string, RegExp][] = [
    [['--skill', 'nothing-like-it', '--level', '3'], 'unknown-skill', /nothing-like-it/],
    [['--skill', 'twin', '--level', '3'], 'ambiguous-skill', /skill-twin-a.*skill-twin-b/],
    [['--skill', 'pci', '--level', '3'], 'level-not-allowed', /1.*5/],
    [['--skill-id', 'skill-voice', '--skill', 'chat', '--level', '3'], 'skill-mismatch', /voice/],
    [['--skill', 'old', '--level', '3'], 'skill-inactive', /old/],
  ];
  for (const [flags, code, message] of refused) {
    const run = await s.cli('provision', '--agent', s.agentId, ...flags, ...ASKED);
    assert.deepEqual([run.code, run.json.status, run.json.problem?.code], [3, 'rejected', code], run.stdout);
    assert.match(run.json.problem?.message ?? '', message);
  }
  const stranger = await s.cli('provision', '--agent', 'nobody', '--skill', 'voice', '--level', '3', ...ASKED);
  assert.deepEqual([stranger.code, stranger.json.problem?.code], [3, 'unknown-agent']);
  assert.deepEqual(s.writes(), []);
  await s.finish();
});

test('with --no-wait the command returns once the request is accepted, and it goes on', async (t) => {
  const s = await startStack(t, { worker: 'process', agent: { state: 'CALL' }, policy: { idleLimit: '60s' } });
  const flags = ['--agent', s.agentId, '--skill', 'voice', '--level', '4', ...ASKED];
  const submitted = await s.cli('provision', ...flags, '--no-wait');
  const { requestId, runId, ...rest } = submitted.json;
  assert.equal(submitted.code, 0);
  assert.deepEqual(rest, { status: 'submitted', workflowId: s.workflowId });
  assert.match(String(requestId), /^[\w-]{1,64}$/);
  const running = await s.cli('outcome', '--agent', s.agentId, '--request-id', String(requestId));
  assert.deepEqual([running.code, running.json.problem?.code], [7, 'still-running']);
  s.simulator.setState(s.agentId, 'AVAILABLE');
  await s.temporal.workflow.getHandle(s.workflowId, String(runId)).result();
  const ended = await s.cli('outcome', '--agent', s.agentId, '--request-id', String(requestId));
  assert.deepEqual([ended.code, ended.json.status, ended.json['runId']], [0, 'provisioned', runId]);
  await s.finish();
});

test('a request that takes longer than --wait-timeout goes on, and its outcome can be had by repeating it', async (t) => {
  const s = await startStack(t, { worker: 'process', agent: { state: 'CALL' }, policy: { idleLimit: '60s' } });
  const requestId = uniqueName('request');
  const command = ['provision', '--agent', s.agentId, '--skill', 'voice', '--level', '4', '--request-id', requestId];
  const over = await s.cli(...command, ...ASKED, '--wait-timeout', '300ms');
  assert.deepEqual([over.code, over.json.problem?.code], [7, 'still-running']);
  assert.equal(over.json.problem?.details?.['requestId'], requestId);
  const said = await s.cliText('outcome', '--agent', s.agentId, '--request-id', requestId);
  assert.equal(said.stdout, '');
  assert.match(said.stderr, new RegExp(`cxone-skills outcome --agent ${s.agentId} --request-id ${requestId}`));
  s.simulator.setState(s.agentId, 'AVAILABLE');
  const again = await s.cli(...command, ...ASKED);
  assert.deepEqual([again.code, again.json.status], [0, 'provisioned']);
  assert.equal(s.writes().filter(({ operation }) => operation === 'patchAgent').length, 1);
  await s.finish();
});

test('a repeated request gives the same outcome and no second effect; the same id with other content is refused', async (t) => {
  const s = await startStack(t, { worker: 'process' });
  const requestId = uniqueName('request');
  const first = ['provision', '--agent', s.agentId, '--skill', 'voice', '--level', '1', '--request-id', requestId];
  const one = await s.cli(...first, ...ASKED);
  await s.cli('provision', '--agent', s.agentId, '--skill', 'voice', '--level', '5', ...ASKED);
  const written = s.writes().length;
  const again = await s.cli(...first, ...ASKED);
  assert.deepEqual(again, one);
  assert.deepEqual((await s.cli('outcome', '--agent', s.agentId, '--request-id', requestId)).json, one.json);
  const other = [...first, ...ASKED].map((word) => (word === '1' ? '2' : word));
  const reused = await s.cli(...other);
  assert.deepEqual([reused.code, reused.json.problem?.code], [2, 'request-id-reused']);
  assert.match(reused.json.problem?.message ?? '', new RegExp(requestId));
  assert.equal(s.writes().length, written);
  await s.finish();
});

test('the policy of new requests can be a file', async (t) => {
  const s = await startStack(t, { worker: 'process', policy: { toggleLimit: 2, propagationWindow: '100ms' } });
  const file = join(temporaryFolder(t), 'policy.json');
  writeFileSync(file, JSON.stringify({ ...FAST_POLICY, toggleLimit: 1, propagationWindow: '100ms' }, undefined, 2));
  s.simulator.disturbRouting(s.agentId, { never: true });
  const flags = ['--agent', s.agentId, '--skill', 'voice', '--level', '4', ...ASKED];
  const parked = await s.cliWith({ PROVISIONING_POLICY: file }, 'provision', ...flags);
  assert.equal(parked.code, 4);
  const status = await s.cli('status', '--agent', s.agentId);
  assert.equal((status.json['requests'] as { toggles: number }[])[0]?.toggles, 1);
  await s.finish();
});

test('people read what was asked, what holds now and what came of it', async (t) => {
  const s = await startStack(t, { worker: 'process' });
  const flags = ['--agent', s.agentId, '--skill', 'voice', '--level', '3.7', ...ASKED, '--request-id', 'human-1'];
  // Made known to the stack, which judges it at the end.
  s.request({ requestId: 'human-1', changes: [{ action: 'assign', skill: { name: 'voice' }, level: 3.7 }] });
  const done = await s.cliText('provision', ...flags);
  assert.equal(done.code, 0);
  assert.match(done.stdout, new RegExp(`^provisioned: agent ${s.agentId}, request human-1`));
  assert.match(done.stdout, /voice \(skill-voice\) +3\.7 \(as 4\) +none +→ +4\n/);
  assert.match(done.stdout, /toggles: 1, conflicts: 0/);
  await s.finish();
});

async function trail({ auditFile }: Stack): Promise<AuditRecord[]> {
  const records: AuditRecord[] = [];
  for await (const record of readTrail(auditFile)) records.push(record);
  return records;
}
