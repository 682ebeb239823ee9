import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { freePort } from '../../tools/free-port.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { uniqueName } from '../support/temporal.ts';

const ASKED = ['--by', 'kim', '--reason', 'certified'] as const;

/** Every command that talks to Temporal. */
function commands(agentId: string): string[][] {
  return [
    ['provision', '--agent', agentId, '--skill', 'voice', '--level', '4', ...ASKED, '--request-id', 'out-of-reach'],
    ['deprovision', '--agent', agentId, '--skill', 'voice', ...ASKED, '--no-wait'],
    ['status', '--agent', agentId],
    ['outcome', '--agent', agentId, '--request-id', 'out-of-reach'],
    ['queue'],
    ['reconcile', '--agent', agentId, '--action', 'retry', '--by', 'kim', '--note', 'again'],
    ['cancel', '--agent', agentId, '--by', 'kim', '--note', 'again'],
    ['bulk', 'status', '--bulk', 'out-of-reach'],
    ['bulk', 'pause', '--bulk', 'out-of-reach', '--by', 'kim', '--note', 'again'],
    ['bulk', 'report', '--bulk', 'out-of-reach'],
  ];
}

async function expectUnreachable(s: Stack, variables: Record<string, string>, named: string): Promise<void> {
  const runs = commands(s.agentId).map(async (command) => {
    const run = await s.cliWith(variables, ...command);
    assert.deepEqual([run.code, run.json.problem?.code], [6, 'temporal-unreachable'], run.stdout);
    assert.ok(run.json.problem?.message.includes(named), run.stdout);
  });
  await Promise.all(runs);
  await s.finish();
}

test('where no Temporal listens, every command says so', async (t) => {
  const s = await startStack(t, { worker: 'none' });
  const address = `127.0.0.1:${await freePort()}`;
  await expectUnreachable(s, { TEMPORAL_ADDRESS: address }, address);
});

test('a server that takes connections and says nothing is a Temporal out of reach', async (t) => {
  const s = await startStack(t, { worker: 'none' });
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.after(() => silent.close());
  const address = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  await expectUnreachable(s, { TEMPORAL_ADDRESS: address }, address);
});

test('a namespace that is not there is named', async (t) => {
  const s = await startStack(t, { worker: 'none' });
  await expectUnreachable(s, { TEMPORAL_NAMESPACE: 'nowhere' }, 'TEMPORAL_NAMESPACE');
});

test('a request that no worker took says whether it is stored; repeated with its id it has one effect', async (t) => {
  const s = await startStack(t, { worker: 'none' });
  const ids = [uniqueName('request'), uniqueName('request')] as const;
  const command = (skill: string, requestId: string) =>
    ['provision', '--agent', s.agentId, '--skill', skill, '--level', '4', ...ASKED, '--request-id', requestId] as const;
  const first = await s.cli(...command('voice', ids[0]));
  assert.deepEqual([first.code, first.json.problem?.code], [7, 'not-accepted']);
  assert.equal(first.json.problem?.details?.['stored'], true);
  assert.equal(first.json.problem.details['requestId'], ids[0]);
  assert.match(first.json.problem.message, /is stored.*same request id/);

  // The run is there already, and was started for the other one.
  const [second, cancelled, asked] = await Promise.all([
    s.cli(...command('chat', ids[1]), '--no-wait'),
    s.cli('cancel', '--agent', s.agentId, '--request-id', 'some-other', '--by', 'kim', '--note', 'not needed'),
    s.cli('outcome', '--agent', s.agentId, '--request-id', ids[0]),
  ]);
  assert.deepEqual([second.code, second.json.problem?.code], [7, 'not-accepted']);
  assert.equal(second.json.problem?.details?.['stored'], false);
  assert.match(second.json.problem.message, /not stored.*same request id/);
  assert.deepEqual([cancelled.code, cancelled.json.problem?.code], [7, 'not-accepted']);
  assert.deepEqual([asked.code, asked.json.problem?.code], [7, 'no-worker']);

  await s.startWorker();
  const again = await s.cli(...command('chat', ids[1]));
  assert.deepEqual([again.code, again.json.status], [0, 'provisioned']);
  const stored = await s.cli(...command('voice', ids[0]));
  assert.deepEqual([stored.code, stored.json.status], [0, 'provisioned']);
  assert.equal(s.agent().routing.length, 3);
  await s.finish();
});
