import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { readLedgerFile, startSimulator, type LedgerEntry } from '../../simulator/index.ts';
import { startWithCaller } from '../support/simulator-caller.ts';

const AGENT = '/api/v2/agents/agent-100';
const BODY = { skills: [{ skillId: 'sk-1001', level: 4 }] };

function ledgerFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'ledger.jsonl');
}

/** Of `actual`, what `expected` names. */
function assertHas(actual: unknown, expected: object): void {
  const names = Object.keys(expected);
  const all = Object.entries(actual ?? {}).filter(([name]) => names.includes(name));
  assert.deepEqual(Object.fromEntries(all), expected);
}

test('a request is written down with what was before and after, and who called', async (t) => {
  const { patch, simulator } = await startWithCaller(t);
  const headers = { 'user-agent': 'tester/1 (i1)', 'if-match': simulator.agent('agent-100').etag };
  await patch(AGENT, BODY, { ...headers, 'x-idempotency-key': 'k1' });
  const entry = await simulator.waitFor(({ operation }) => operation === 'patchAgent');
  const routing = [{ skillId: 'sk-2001', level: 3 }];
  assertHas(entry, {
    seq: 2,
    order: 2,
    actor: 'client',
    method: 'PATCH',
    path: AGENT,
    userAgent: 'tester/1 (i1)',
    tenantId: 'demo',
    agentId: 'agent-100',
    ifMatch: headers['if-match'],
    idempotencyKey: 'k1',
    body: BODY,
    status: 200,
    applied: true,
    replayed: false,
    delivered: true,
    etag: simulator.agent('agent-100').etag,
    before: { skills: routing, routing, state: 'AVAILABLE' },
    after: {
      skills: [
        { skillId: 'sk-2001', level: 3 },
        { skillId: 'sk-1001', level: 4 },
      ],
      routing,
      state: 'AVAILABLE',
    },
  });
  assert.ok((entry.answeredMono ?? 0) >= (entry.processedMono ?? Infinity));
  assert.ok((entry.processedMono ?? 0) >= entry.arrivedMono);
});

test('neither a secret nor a token gets into the ledger', async (t) => {
  const { token, get, simulator } = await startWithCaller(t);
  const { access_token: bearer } = (await token()).body;
  await get(AGENT);
  const text = JSON.stringify(simulator.ledger);
  assert.ok(!text.includes('demo-secret'));
  assert.ok(!text.includes(String(bearer)));
  assert.equal(new Set(simulator.ledger.map(({ tokenId }) => tokenId)).size, 2, 'two tokens can be told apart');
});

test('the ids that the catalogue answered are written down', async (t) => {
  const { get, simulator } = await startWithCaller(t);
  await get('/api/v2/skills/sk-1001');
  await get('/api/v2/skills');
  assert.deepEqual(simulator.ledger[1]?.skillIds, ['sk-1001']);
  assert.equal(simulator.ledger[2]?.skillIds?.length, simulator.skills()['demo']?.length);
});

test('a call the platform does not have answers 501 and is flagged', async (t) => {
  const { get, raw, simulator } = await startWithCaller(t);
  assert.equal((await get('/api/v2/agents')).status, 501);
  assert.equal((await raw(AGENT, { method: 'DELETE' })).status, 501);
  for (const entry of simulator.ledger.slice(1)) assert.deepEqual(entry.flags, ['unknown-route']);
});

test('a path that is no URL is an unknown call', async (t) => {
  const { simulator } = await startWithCaller(t);
  const { port, hostname } = new URL(simulator.url);
  const answer = await new Promise<number | undefined>((resolve, reject) => {
    request({ hostname, port, path: '//' }, ({ statusCode }) => resolve(statusCode))
      .on('error', reject)
      .end();
  });
  assert.deepEqual([answer, simulator.ledger.at(-1)?.path], [501, '//']);
});

test('a caller who went away is noticed', async (t) => {
  const { raw, simulator } = await startWithCaller(t);
  const hold = simulator.hold({ on: 'getAgent', when: 'after' });
  const abort = new AbortController();
  const answer = assert.rejects(raw(AGENT, { signal: abort.signal }));
  const entry = await hold.arrived;
  abort.abort();
  await answer;
  while (entry.abandonedMono === undefined) await new Promise(setImmediate);
  hold.release();
  const closed = await simulator.waitFor(({ seq }) => seq === entry.seq);
  assert.equal(closed.delivered, false);
});

test('scripted acts are in the ledger as a third party', async (t) => {
  const { simulator } = await startWithCaller(t);
  simulator.setState('agent-100', 'CALL');
  simulator.editSkills('agent-100', []);
  simulator.lock('agent-100');
  const acts = simulator.agentHistory('agent-100').map(({ actor, operation }) => [actor, operation]);
  assert.deepEqual(acts, [
    ['third-party', 'state-change'],
    ['third-party', 'third-party-edit'],
    ['third-party', 'lock'],
  ]);
  assert.equal(simulator.agent('agent-100').locked, true);
});

test('a request to come can be waited for', async (t) => {
  const { get, simulator } = await startWithCaller(t);
  const coming = simulator.waitFor(({ operation }) => operation === 'getAgent');
  await get(AGENT);
  assert.equal((await coming).agentId, 'agent-100');
});

test('the file has every request, also one that was under way at the end', async (t) => {
  const file = ledgerFile(t);
  const simulator = await startSimulator({ ledgerFile: file });
  const hold = simulator.hold({ on: 'unknown' });
  const lost = assert.rejects(fetch(`${simulator.url}/nowhere`));
  await hold.arrived;
  simulator.setState('agent-100', 'CALL');
  await simulator.close();
  await lost;
  appendFileSync(file, '{"seq":3,"ope');
  assert.deepEqual(
    readLedgerFile(file).map(({ operation }) => operation),
    ['unknown', 'state-change'],
  );
});

test('an effect is in the file before its answer is out', async (t) => {
  const file = ledgerFile(t);
  const { patch, simulator } = await startWithCaller(t, { ledgerFile: file });
  const hold = simulator.hold({ on: 'patchAgent', when: 'after' });
  const answer = patch(AGENT, BODY);
  await hold.arrived;
  assertHas(readLedgerFile(file).at(-1), { operation: 'patchAgent', applied: true });
  hold.release();
  await answer;
});

test('a simulator in another process is steered over HTTP', async (t) => {
  const file = ledgerFile(t);
  const args = ['--import', 'tsx', 'simulator/main.ts', '--port', '0', '--time-scale', '0.01', '--ledger-file', file];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const url = String((await once(child.stdout, 'data'))[0]).trim();
  const command = async (body: unknown): Promise<Record<string, unknown>> => {
    const response = await fetch(`${url}/_simulator/commands`, { method: 'POST', body: JSON.stringify(body) });
    return { status: response.status, ...((await response.json()) as object) };
  };

  const { hold } = await command({ command: 'hold', match: { on: 'unknown' } });
  const held = fetch(`${url}/nowhere`);
  const { arrived } = await command({ command: 'await-hold', hold });
  assertHas(arrived, { operation: 'unknown' });
  await command({ command: 'release', hold });
  assert.equal((await held).status, 501);

  await command({ command: 'add-fault', rule: { on: 'unknown', times: 1, do: { kind: 'answer', status: 418 } } });
  assert.equal((await fetch(`${url}/nowhere`)).status, 418);
  await command({ command: 'set-state', agentId: 'agent-100', state: 'CALL' });
  await command({ command: 'edit-skills', agentId: 'agent-100', skills: [] });
  await command({ command: 'add-agent', agent: { agentId: 'new' } });
  await command({ command: 'add-skill', skill: { skillId: 'new', name: 'New' } });
  await command({ command: 'remove-skill', skillId: 'sk-1001' });
  const wrong = await command({ command: 'set-state', agentId: 'nobody', state: 'CALL' });
  assert.deepEqual([wrong['status'], wrong['error']], [400, 'bad_command']);
  assert.equal((await command({ command: 'nonsense' }))['status'], 400);

  const state = (await (await fetch(`${url}/_simulator/state`)).json()) as {
    agents: { agentId: string; state: string; skills: unknown[] }[];
    skills: Record<string, { skillId: string }[]>;
  };
  const agent = state.agents.find(({ agentId }) => agentId === 'agent-100');
  assert.deepEqual([agent?.state, agent?.skills], ['CALL', []]);
  const ids = state.skills['demo']?.map(({ skillId }) => skillId) ?? [];
  assert.deepEqual([ids.includes('new'), ids.includes('sk-1001')], [true, false]);

  const lines = (await (await fetch(`${url}/_simulator/ledger?since=2`)).text()).trim().split('\n');
  const entries = lines.map((line) => JSON.parse(line) as LedgerEntry);
  assert.deepEqual(
    entries.map(({ operation }) => operation),
    ['state-change', 'third-party-edit'],
  );
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  assert.equal(readLedgerFile(file).length, 4);
  assert.ok(!readFileSync(file, 'utf8').includes('demo-secret'));
});
