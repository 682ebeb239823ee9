import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startStack } from '../support/stack.ts';
import { METRICS } from '../../domain/metric-names.ts';
import { freePort } from '../../tools/free-port.ts';
import { countRequests, lent, levelsOf, untilTemporary } from '../support/temporary.ts';
import { uniqueName } from '../support/temporal.ts';

const ASKED = ['--by', 'kim', '--reason', 'peak hours'] as const;
const ORDERED = ['--by', 'kim', '--note', 'enough'] as const;

test('a skill is lent, listed, extended and ended from the command line', async (t) => {
  const s = await startStack(t, { worker: 'process' });
  const temporaryId = uniqueName('temporary');
  const which = ['--agent', s.agentId, '--request-id', temporaryId];
  const made = await s.cli('provision', ...which, '--skill', 'voice', '--level', '4', '--for', '2h', ...ASKED);
  assert.deepEqual([made.code, made.json['state']], [0, 'Active'], made.stderr);
  assert.deepEqual(levelsOf(s), { 'skill-base': 2, 'skill-voice': 4 });

  const extended = await s.cli('temporary', 'extend', ...which, '--for', '1h', ...ORDERED);
  assert.equal(extended.code, 0);
  const laterMs = Date.parse(extended.json['until'] as string) - Date.parse(made.json['until'] as string);
  assert.equal(laterMs, 3_600_000);

  await s.cliText('temporary', 'status', ...which).then(({ stdout }) => {
    assert.match(stdout, /^Active: agent .*\(the agent has it\)\n {2}voice, level 4, until .*; before: none\n/);
  });
  for (;;) {
    const { json } = await s.cli('temporary', 'list', '--agent', s.agentId);
    const [item] = json['items'] as { state: string; temporaryId: string; until: string }[];
    if (item?.state !== 'Active' || item.until !== extended.json['until']) continue;
    assert.equal(item.temporaryId, temporaryId);
    break;
  }
  const ended = await s.cli('temporary', 'end', ...which, ...ORDERED);
  assert.deepEqual([ended.code, ended.json['state'], ended.json.status], [0, 'Ended', 'restored']);
  assert.deepEqual(levelsOf(s), { 'skill-base': 2 });
  const again = await s.cli('temporary', 'end', ...which, ...ORDERED);
  assert.deepEqual([again.code, again.json.problem?.code], [3, 'temporary-not-changed']);
  countRequests(s, await untilTemporary(s, { temporaryId }, () => true));
  await s.finish();
});

test('one that can not be taken back in time is counted, listed as overstayed, and the order to end it goes on', async (t) => {
  const policy = { overstayAfter: '1s', idleLimit: '60s' } as const;
  const s = await startStack(t, { worker: 'none', policy });
  const address = `127.0.0.1:${await freePort()}`;
  s.env['METRICS_ADDRESS'] = address;
  await s.startWorker();
  const given = await s.client.temporary.provision(lent(s));
  s.simulator.setState(s.agentId, 'CALL');
  const which = ['--agent', s.agentId, '--request-id', given.temporaryId];
  const late = await s.cli('temporary', 'end', ...which, '--wait-timeout', '3s', ...ORDERED);
  assert.deepEqual([late.code, late.json.problem?.code], [7, 'still-running']);
  const overdue = await untilTemporary(s, given, ({ overstayedSince }) => overstayedSince !== undefined);
  const shown = await (await fetch(`http://${address}/metrics`)).text();
  assert.match(shown, new RegExp(`^${METRICS.temporaryOverstayed}(\\{.*\\})? 1$`, 'm'));
  const text = await s.cliText('temporary', 'status', ...which);
  assert.ok(text.stdout.includes(`overstayed since ${overdue.overstayedSince}`), text.stdout);
  s.simulator.setState(s.agentId, 'AVAILABLE');
  countRequests(s, await untilTemporary(s, given, ({ state }) => state === 'Ended'));
  const after = await (await fetch(`http://${address}/metrics`)).text();
  assert.match(after, new RegExp(`^${METRICS.temporaryEnded}\\{.*status="restored".*\\} 1$`, 'm'));
  await s.finish();
});

test('one that begins later is accepted at once, and can be cancelled', async (t) => {
  const s = await startStack(t, { worker: 'process' });
  const from = new Date(Date.now() + 3_600_000).toISOString().slice(0, 16);
  const until = new Date(Date.now() + 7_200_000).toISOString().slice(0, 16);
  const period = ['--from', from, '--until', until, '--zone', 'UTC'];
  const skill = ['--agent', s.agentId, '--skill-id', 'skill-voice', '--level', '4'];
  const made = await s.cli('provision', ...skill, ...period, ...ASKED);
  assert.deepEqual([made.code, made.json['state'], made.json['from']], [0, 'Scheduled', `${from}:00Z`], made.stderr);
  const which = ['--agent', s.agentId, '--request-id', made.json['temporaryId'] as string];
  const cancelled = await s.cli('temporary', 'cancel', ...which, ...ORDERED);
  assert.deepEqual([cancelled.code, cancelled.json.status], [0, 'cancelled']);
  assert.deepEqual(s.writes(), []);
});

test('a period that can not be meant is refused, flag by flag, before anything is sent', async (t) => {
  const s = await startStack(t, { worker: 'none' });
  const skill = ['--agent', s.agentId, '--skill-id', 'skill-voice', '--level', '4'];
  const run = await s.cli('provision', ...skill, '--from', '2026-03-29T02:30', '--zone', 'Europe/Berlin', ...ASKED);
  assert.equal(run.code, 2);
  const problems = run.json.problem?.details?.['problems'] as { path: string; message: string }[];
  assert.deepEqual(
    problems.map(({ path }) => path),
    ['--from', '--until'],
  );
  assert.match(problems[0]?.message ?? '', /does not exist in Europe\/Berlin.*01:30:00\+01:00 or .*03:30:00\+02:00/);
  assert.match(problems[1]?.message ?? '', /or --for instead/);
});
