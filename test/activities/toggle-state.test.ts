import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ToggleResult } from '../../activities/contract.ts';
import { TOGGLE_STEPS, type ToggleStep } from '../../activities/deps.ts';
import { FAILURE } from '../../domain/failure-types.ts';
import type { FaultAction } from '../../simulator/index.ts';
import { AGENT, standStill, startStage } from '../support/activity-stage.ts';
import { asked, failureOf, faulty, OUT, toggle, TOGGLE } from '../support/toggle-stage.ts';

test('a toggle reads the state, takes the agent out for 500 ms at least as the platform sees it, and puts them back', async (t) => {
  const stage = await startStage(t, { simulator: { timeScale: 1 }, agent: { routing: [] } });
  const environment = stage.environment();
  let heartbeats = 0;
  environment.on('heartbeat', () => (heartbeats += 1));
  const result = await stage.run('toggleState', { ...TOGGLE, gapMs: 500 }, environment);
  const [look, out, back, ...more] = stage.calls();
  assert.deepEqual(more, []);
  assert.equal(look?.operation, 'getState');
  assert.deepEqual(out?.body, OUT);
  assert.deepEqual(back?.body, { state: 'AVAILABLE' });
  const gapMs = (back.processedMono ?? 0) - (out.processedMono ?? Infinity);
  assert.ok(gapMs >= 500, `${gapMs} ms`);
  assert.ok(back.flags === undefined);
  assert.deepEqual(stage.simulator.agent(AGENT).routing, [{ skillId: 'sk-2001', level: 3 }]);
  assert.ok(result.kind === 'toggled');
  assert.ok(result.outOfQueueMs >= 500);
  assert.ok(heartbeats > 1, 'it says that it lives while it waits');
});

test('each step of a toggle is announced, in order', async (t) => {
  const steps: ToggleStep[] = [];
  await toggle(await startStage(t, { onToggleStep: (step) => steps.push(step) }));
  assert.deepEqual(steps, [...TOGGLE_STEPS]);
});

test('an agent who is busy or on a break is not taken out', async (t) => {
  for (const state of ['CALL', 'WRAPUP', 'COACHING', 'LUNAR']) {
    const stage = await startStage(t, { agent: { state } });
    assert.deepEqual(await toggle(stage), { kind: 'not-taken', because: 'busy', state });
    assert.deepEqual(asked(stage), []);
  }
  const stage = await startStage(t, { agent: { state: 'NOTAVAILABLE' } });
  assert.deepEqual(await toggle(stage), { kind: 'not-taken', because: 'on-break', state: 'NOTAVAILABLE' });
  assert.deepEqual(asked(stage), []);
});

test('an agent whose state can not be read is not taken out', async (t) => {
  const cases: [FaultAction, ToggleResult][] = [
    [
      { kind: 'answer', status: 403 },
      { kind: 'not-taken', because: 'refused' },
    ],
    [
      { kind: 'answer', status: 404 },
      { kind: 'not-taken', because: 'refused' },
    ],
    [
      { kind: 'answer', status: 503 },
      { kind: 'not-taken', because: 'unavailable' },
    ],
    [
      { kind: 'drop', when: 'before' },
      { kind: 'not-taken', because: 'unavailable' },
    ],
    [
      { kind: 'garble', as: 'html' },
      { kind: 'not-taken', because: 'unavailable' },
    ],
  ];
  for (const [fault, expected] of cases) {
    const stage = await startStage(t);
    stage.simulator.addFault({ on: 'getState', do: fault });
    assert.deepEqual(await toggle(stage), expected);
    assert.deepEqual(asked(stage), []);
  }
});

test('a refused NOTAVAILABLE ends the toggle: there is nothing to undo', async (t) => {
  const cases: [number, ToggleResult][] = [
    [409, { kind: 'not-taken', because: 'busy' }],
    [403, { kind: 'not-taken', because: 'refused' }],
    [404, { kind: 'not-taken', because: 'refused' }],
    [422, { kind: 'not-taken', because: 'refused' }],
    [429, { kind: 'not-taken', because: 'unavailable' }],
  ];
  for (const [status, expected] of cases) {
    const stage = await faulty(t, 1, { kind: 'answer', status });
    assert.deepEqual(await toggle(stage), expected);
    assert.deepEqual(asked(stage), ['NOTAVAILABLE']);
    assert.equal(stage.simulator.agent(AGENT).state, 'AVAILABLE');
  }
});

test('a throttled toggle says how long to wait', async (t) => {
  const stage = await faulty(t, 1, { kind: 'answer', status: 429, retryAfter: 60 });
  const result = await toggle(stage);
  assert.ok(result.kind === 'not-taken' && result.because === 'unavailable');
  assert.ok((result.retryAfterMs ?? 0) > 0 && (result.retryAfterMs ?? 0) <= 60_000);
});

test('an agent is put back after a NOTAVAILABLE whose answer is lost, whether it took effect or not', async (t) => {
  const faults: FaultAction[] = [
    { kind: 'answer', status: 500 },
    { kind: 'answer', status: 503, applied: true },
    { kind: 'garble', as: 'html', applied: true },
    { kind: 'garble', as: 'broken-json', applied: true },
  ];
  for (const fault of faults) {
    const stage = await faulty(t, 1, fault);
    const result = await toggle(stage);
    assert.equal(result.kind, 'toggled', JSON.stringify(fault));
    assert.deepEqual(asked(stage), ['NOTAVAILABLE', 'AVAILABLE']);
    assert.equal(stage.simulator.agent(AGENT).state, 'AVAILABLE');
  }
});

test('an agent is looked after once more where a NOTAVAILABLE may take effect late', async (t) => {
  const faults: FaultAction[] = [
    { kind: 'drop', when: 'before' },
    { kind: 'drop', when: 'after' },
    { kind: 'answer', status: 408, applied: true },
    { kind: 'answer', status: 502 },
    { kind: 'answer', status: 504, applied: true },
    { kind: 'garble', as: 'truncated', applied: true },
  ];
  for (const fault of faults) {
    const stage = await faulty(t, 1, fault);
    const failure = await failureOf(toggle(stage));
    assert.equal(failure.type, FAILURE.agentOut, JSON.stringify(fault));
    assert.deepEqual(asked(stage), ['NOTAVAILABLE', 'AVAILABLE']);
    // It takes effect after all: a proxy gave up on it, the platform did not.
    stage.simulator.setState(AGENT, 'NOTAVAILABLE', 'ADMINISTRATIVE');
    assert.deepEqual(await toggle(stage, {}, { attempt: 2 }), { kind: 'restored' });
    assert.equal(stage.simulator.agent(AGENT).state, 'AVAILABLE');
  }
});

test('a final refusal to put the agent back is reported with what the platform said', async (t) => {
  for (const status of [400, 403, 404, 422]) {
    const stage = await faulty(t, 2, { kind: 'answer', status, body: { error: 'not_allowed' } });
    assert.deepEqual(await toggle(stage), { kind: 'not-restored', status, code: 'not_allowed' });
  }
  const bare = await faulty(t, 2, { kind: 'answer', status: 403 });
  assert.deepEqual(await toggle(bare), { kind: 'not-restored', status: 403 });
});

test('a worker that does not serve the tenant says so, and never that the agent is back', async (t) => {
  const stage = await startStage(t);
  const tenantId = 'elsewhere';
  const code = 'worker-configuration';
  assert.deepEqual(await toggle(stage, { tenantId }), { kind: 'not-taken', because: 'refused' });
  for (const [mode, attempt] of [
    ['toggle', 2],
    ['restore', 1],
  ] as const) {
    const result = await toggle(stage, { tenantId, mode }, { attempt });
    assert.deepEqual(result, { kind: 'not-restored', status: 0, code });
  }
  assert.deepEqual(stage.calls(), []);
});

test('a cancellation in the gap does not leave the agent out', async (t) => {
  let cancel = (): void => undefined;
  const stage = await startStage(t, { onToggleStep: (step) => step === 'during-gap' && cancel() });
  const environment = stage.environment();
  cancel = () => environment.cancel();
  const result = await stage.run('toggleState', TOGGLE, environment);
  assert.equal(result.kind, 'toggled');
  assert.equal(stage.simulator.agent(AGENT).state, 'AVAILABLE');
});

test('an attempt that stood still for longer than a heartbeat may be missing sends no state any more', async (t) => {
  const cases: [ToggleStep, unknown[]][] = [
    ['before-notavailable', []],
    ['during-gap', ['NOTAVAILABLE']],
    ['before-available', ['NOTAVAILABLE']],
  ];
  for (const [where, sent] of cases) {
    const stage = await startStage(t, { onToggleStep: (step) => step === where && standStill(1_000) });
    const failure = await failureOf(toggle(stage, {}, { heartbeatTimeoutMs: 1_000 }));
    assert.equal(failure.type, FAILURE.superseded);
    assert.equal(failure.nonRetryable, false);
    assert.deepEqual(asked(stage), sent);
  }
});
