import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FaultAction, FaultRule, Garbage, SimulatorOptions } from '../../simulator/index.ts';
import { startWithCaller, type Caller } from '../support/simulator-caller.ts';

const AGENT = '/api/v2/agents/a1';
const BODY = { skills: [{ skillId: 'sk-1001', level: 4 }] };
const options: SimulatorOptions = { agents: [{ agentId: 'a1' }, { agentId: 'a2' }] };

function onPatch(action: FaultAction, match: Partial<FaultRule> = {}): SimulatorOptions {
  return { ...options, faults: [{ on: 'patchAgent', ...match, do: action }] };
}

function written({ simulator }: Caller): boolean {
  return simulator.agent('a1').skills.length > 0;
}

for (const when of ['before', 'after'] as const) {
  test(`a connection can be dropped ${when} the change took effect`, async (t) => {
    const caller = await startWithCaller(t, onPatch({ kind: 'drop', when }));
    await assert.rejects(caller.patch(AGENT, BODY));
    assert.equal(written(caller), when === 'after');
    const entry = await caller.simulator.waitFor(({ operation }) => operation === 'patchAgent');
    assert.deepEqual(
      [entry.status, entry.applied, entry.delivered, entry.fault],
      [undefined, when === 'after', false, 'drop'],
    );
  });

  test(`a request can be held ${when} the change took effect`, async (t) => {
    const caller = await startWithCaller(t, options);
    const hold = caller.simulator.hold({ on: 'patchAgent', when });
    const answer = caller.patch(AGENT, BODY);
    const entry = await hold.arrived;
    assert.deepEqual([entry.agentId, entry.answeredAt, written(caller)], ['a1', undefined, when === 'after']);
    hold.release();
    assert.equal((await answer).status, 200);
    assert.equal(written(caller), true);
  });

  test(`a script can act ${when} the change took effect`, async (t) => {
    const caller = await startWithCaller(t, options);
    const edit = (): void => caller.simulator.editSkills('a1', []);
    caller.simulator.addFault({ on: 'patchAgent', do: { kind: 'call', when, run: edit } });
    const etag = caller.simulator.agent('a1').etag;
    assert.equal((await caller.patch(AGENT, BODY, { 'if-match': etag })).status, 200);
    assert.equal(written(caller), when === 'before');
    assert.ok(caller.simulator.agentHistory('a1').some(({ actor }) => actor === 'third-party'));
  });

  test(`a request can be late ${when} the change took effect`, async (t) => {
    const caller = await startWithCaller(t, onPatch({ kind: 'delay', when, ms: 40 }));
    const before = performance.now();
    assert.equal((await caller.patch(AGENT, BODY)).status, 200);
    assert.ok(performance.now() - before >= 39);
  });
}

test('a third-party edit between a read and a write makes the write stale', async (t) => {
  const caller = await startWithCaller(t, options);
  const etag = (await caller.get(AGENT)).headers.get('etag') ?? '';
  const run = (): void => caller.simulator.editSkills('a1', [{ skillId: 'sk-2001', level: 1 }]);
  caller.simulator.addFault({ on: 'patchAgent', do: { kind: 'call', when: 'before', run } });
  assert.equal((await caller.patch(AGENT, BODY, { 'if-match': etag })).status, 412);
});

for (const status of [401, 403, 404, 409, 412, 422, 429, 500, 502, 503]) {
  test(`any call can be answered with ${status}, with or without having taken effect`, async (t) => {
    const caller = await startWithCaller(t, {
      ...options,
      faults: [
        { on: 'patchAgent', nth: 1, do: { kind: 'answer', status, body: { error: 'made_up' } } },
        { on: 'patchAgent', nth: 2, do: { kind: 'answer', status, applied: true } },
      ],
    });
    const first = await caller.patch(AGENT, BODY);
    assert.deepEqual([first.status, first.body, written(caller)], [status, { error: 'made_up' }, false]);
    assert.equal((await caller.patch(AGENT, BODY)).status, status);
    assert.equal(written(caller), true);
    assert.deepEqual(
      caller.simulator.ledger.filter(({ operation }) => operation === 'patchAgent').map(({ applied }) => applied),
      [false, true],
    );
    assert.deepEqual(
      caller.simulator.ledger.slice(1).map(({ delivered, madeUp }) => [delivered, madeUp]),
      [
        [true, true],
        [true, true],
      ],
    );
  });
}

test('Retry-After comes as seconds or as an HTTP date', async (t) => {
  const caller = await startWithCaller(t, {
    ...options,
    faults: [
      { nth: 1, on: 'getAgent', do: { kind: 'answer', status: 429, retryAfter: 7 } },
      { nth: 2, on: 'getAgent', do: { kind: 'answer', status: 429, retryAfterDateMs: 5000 } },
    ],
  });
  assert.equal((await caller.get(AGENT)).headers.get('retry-after'), '7');
  const date = (await caller.get(AGENT)).headers.get('retry-after') ?? '';
  assert.match(date, / GMT$/);
  assert.ok(Date.parse(date) > Date.now());
  assert.equal(caller.simulator.ledger.at(-1)?.retryAfter, date);
});

test('a made-up refusal of a write is remembered for its key', async (t) => {
  const caller = await startWithCaller(t, onPatch({ kind: 'answer', status: 412 }, { times: 1 }));
  await caller.patch(AGENT, BODY, { 'x-idempotency-key': 'k' });
  assert.equal((await caller.patch(AGENT, BODY, { 'x-idempotency-key': 'k' })).status, 412);
  assert.equal((await caller.patch(AGENT, BODY, { 'x-idempotency-key': 'other' })).status, 200);
});

for (const as of ['html', 'broken-json', 'wrong-shape'] as Garbage[]) {
  for (const applied of [true, false]) {
    test(`a write can answer 200 with ${as}, ${applied ? 'having' : 'not having'} taken effect`, async (t) => {
      const caller = await startWithCaller(t, onPatch({ kind: 'garble', as, applied }));
      const response = await caller.raw(AGENT, { method: 'PATCH', body: JSON.stringify(BODY) });
      assert.equal(response.status, 200);
      const text = await response.text();
      if (as === 'wrong-shape') assert.notEqual(typeof (JSON.parse(text) as { skills: unknown }).skills, 'object');
      else assert.throws(() => JSON.parse(text));
      assert.equal(written(caller), applied);
    });
  }
}

test('a body can end too early', async (t) => {
  const caller = await startWithCaller(t, onPatch({ kind: 'garble', as: 'truncated', applied: true }));
  await assert.rejects(caller.patch(AGENT, BODY));
  assert.equal(written(caller), true);
});

test('a body can be far too large', async (t) => {
  const caller = await startWithCaller(t, onPatch({ kind: 'garble', as: 'too-large' }));
  const response = await caller.raw(AGENT, { method: 'PATCH', body: JSON.stringify(BODY) });
  assert.ok((await response.arrayBuffer()).byteLength > 16_000_000);
});

for (const as of ['endless', 'slow'] as Garbage[]) {
  test(`a body can be ${as}, and ends with the caller`, async (t) => {
    const caller = await startWithCaller(t, onPatch({ kind: 'garble', as, applied: true }));
    const abort = new AbortController();
    const init = { method: 'PATCH', body: JSON.stringify(BODY), signal: abort.signal };
    const reader = (await caller.raw(AGENT, init)).body?.getReader();
    assert.equal((await reader?.read())?.done, false);
    abort.abort();
    const entry = await caller.simulator.waitFor(({ operation }) => operation === 'patchAgent');
    assert.deepEqual([entry.applied, entry.delivered], [true, false]);
  });
}

test('a call can be redirected', async (t) => {
  const caller = await startWithCaller(t, onPatch({ kind: 'redirect', location: 'http://127.0.0.1:9/elsewhere' }));
  const init = { method: 'PATCH', body: JSON.stringify(BODY), redirect: 'manual' } as const;
  const response = await caller.raw(AGENT, init);
  assert.deepEqual([response.status, response.headers.get('location')], [307, 'http://127.0.0.1:9/elsewhere']);
});

test('a token can be revoked on the way', async (t) => {
  const caller = await startWithCaller(t, onPatch({ kind: 'revoke-token', when: 'before' }));
  assert.equal((await caller.patch(AGENT, BODY)).status, 401);
  assert.equal((await caller.get(AGENT)).status, 401);
});

test('a rule can disturb routing for the agent it meets', async (t) => {
  const caller = await startWithCaller(t, {
    ...onPatch({ kind: 'routing', disturbance: { never: true } }),
    timeScale: 1e-6,
  });
  await caller.patch(AGENT, BODY);
  await caller.patch('/api/v2/supervisor/agents/a1/state', { state: 'NOTAVAILABLE' });
  await caller.patch('/api/v2/supervisor/agents/a1/state', { state: 'AVAILABLE' });
  assert.deepEqual(caller.simulator.agent('a1').routing, []);
});

test('a rule picks by operation, agent, count and caller', async (t) => {
  const { get, patch, simulator } = await startWithCaller(t, options);
  const teapot = { kind: 'answer', status: 418 } as const;
  simulator.addFault({ on: ['getAgent', 'getState'], agentId: 'a2', nth: [2, 3], times: 1, do: teapot });
  simulator.addFault({ userAgent: '(other)', do: { kind: 'answer', status: 500 } });
  const seen = [(await get(AGENT)).status, (await patch('/api/v2/agents/a2', BODY)).status];
  for (let calls = 0; calls < 3; calls += 1) seen.push((await get('/api/v2/agents/a2')).status);
  seen.push((await get(AGENT, { 'user-agent': 'x/1 (other)' })).status);
  assert.deepEqual(seen, [200, 200, 200, 418, 200, 500]);
});

test('the same seed draws the same faults', async (t) => {
  const faults: FaultRule[] = [{ on: 'getAgent', probability: 0.5, do: { kind: 'answer', status: 503 } }];
  const drawn = async (seed: number): Promise<number[]> => {
    const { get } = await startWithCaller(t, { ...options, seed, faults });
    const seen: number[] = [];
    for (let calls = 0; calls < 20; calls += 1) seen.push((await get(AGENT)).status);
    return seen;
  };
  const first = await drawn(7);
  assert.deepEqual(await drawn(7), first);
  assert.notDeepEqual(await drawn(8), first);
  assert.deepEqual(new Set(first), new Set([200, 503]));
});

test('a rule can be taken away', async (t) => {
  const { get, simulator } = await startWithCaller(t, options);
  const remove = simulator.addFault({ do: { kind: 'answer', status: 500 } });
  assert.equal((await get(AGENT)).status, 500);
  remove();
  assert.equal((await get(AGENT)).status, 200);
  simulator.addFault({ do: { kind: 'answer', status: 500 } });
  simulator.clearFaults();
  assert.equal((await get(AGENT)).status, 200);
});

test('a hold released before its request comes does not stop it', async (t) => {
  const { get, simulator } = await startWithCaller(t, options);
  simulator.hold({ on: 'getAgent' }).release();
  assert.equal((await get(AGENT)).status, 200);
});
