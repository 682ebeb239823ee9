import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAILURE } from '../../domain/failure-types.ts';
import type { FaultAction } from '../../simulator/index.ts';
import { AGENT, startStage } from '../support/activity-stage.ts';
import { asked, failureOf, faulty, OUT, toggle } from '../support/toggle-stage.ts';

test('a NOTAVAILABLE that may still take effect after its timeout is looked after by a later attempt', async (t) => {
  const stage = await startStage(t);
  const late = stage.simulator.hold({ on: 'patchState', nth: 1 });
  const failure = await failureOf(toggle(stage, { requestTimeoutMs: 1_000 }));
  assert.equal(failure.type, FAILURE.agentOut);
  assert.equal(failure.nonRetryable, false);
  assert.equal(failure.nextRetryDelay, 1_000);
  assert.deepEqual(asked(stage), ['NOTAVAILABLE', 'AVAILABLE']);
  late.release();
  await stage.simulator.waitFor(({ after }) => after?.state === 'NOTAVAILABLE');
  assert.deepEqual(await toggle(stage, {}, { attempt: 2 }), { kind: 'restored' });
  assert.equal(stage.simulator.agent(AGENT).state, 'AVAILABLE');
});

test('a failure to put the agent back is retried, and the next attempt does it', async (t) => {
  const faults: FaultAction[] = [
    { kind: 'answer', status: 500 },
    { kind: 'answer', status: 503 },
    { kind: 'answer', status: 408 },
    { kind: 'answer', status: 409 },
    { kind: 'answer', status: 429 },
    { kind: 'drop', when: 'before' },
    { kind: 'drop', when: 'after' },
    { kind: 'garble', as: 'html' },
  ];
  for (const fault of faults) {
    const stage = await faulty(t, 2, fault);
    const failure = await failureOf(toggle(stage));
    assert.equal(failure.nonRetryable, false, JSON.stringify(fault));
    assert.deepEqual(await toggle(stage, {}, { attempt: 2 }), { kind: 'restored' });
    assert.equal(stage.simulator.agent(AGENT).state, 'AVAILABLE');
    assert.equal(asked(stage).filter((state) => state === 'NOTAVAILABLE').length, 1);
  }
});

test('nothing is sent before a Retry-After is over, not even to put the agent back', async (t) => {
  const stage = await faulty(t, 2, { kind: 'answer', status: 429, retryAfter: 60 });
  for (const attempt of [1, 2]) {
    const failure = await failureOf(toggle(stage, {}, { attempt }));
    assert.equal(failure.type, FAILURE.agentOut);
    assert.equal(failure.nonRetryable, false);
    assert.ok(
      Number(failure.nextRetryDelay) > 0 && Number(failure.nextRetryDelay) <= 5_000,
      'another worker may be free',
    );
  }
  assert.deepEqual(asked(stage), ['NOTAVAILABLE', 'AVAILABLE']);
});

test('an attempt after the first never takes an agent out', async (t) => {
  for (const state of ['AVAILABLE', 'CALL', 'WRAPUP', 'COACHING', 'LUNAR']) {
    const stage = await startStage(t, { agent: { state } });
    assert.deepEqual(await toggle(stage, {}, { attempt: 2 }), { kind: 'restored' });
    assert.deepEqual(
      stage.calls().map(({ operation }) => operation),
      ['getState'],
    );
    assert.equal(stage.simulator.agent(AGENT).state, state);
  }
});

test('an agent found out with our reason, or with none, is put back once the whole gap has passed', async (t) => {
  for (const reason of ['ADMINISTRATIVE', undefined]) {
    for (const [command, attempt] of [
      [{ gapMs: 200 }, 2],
      [{ gapMs: 200, mode: 'restore' }, 1],
      [{ gapMs: 200, mode: 'restore' }, 2],
    ] as const) {
      const agent = { state: 'NOTAVAILABLE', ...(reason === undefined ? {} : { reason }) };
      const stage = await startStage(t, { agent });
      assert.deepEqual(await toggle(stage, command, { attempt }), { kind: 'restored' });
      const [look, back, ...more] = stage.calls();
      assert.deepEqual(more, []);
      assert.equal(look?.operation, 'getState');
      assert.deepEqual(back?.body, { state: 'AVAILABLE' });
      const gapMs = (back.processedMono ?? 0) - (look.processedMono ?? Infinity);
      assert.ok(gapMs >= 200, `${gapMs} ms`);
      assert.equal(stage.simulator.agent(AGENT).state, 'AVAILABLE');
    }
  }
});

test('an agent found on a break of their own is left alone', async (t) => {
  for (const [mode, attempt] of [
    ['toggle', 2],
    ['restore', 1],
  ] as const) {
    const stage = await startStage(t, { agent: { state: 'NOTAVAILABLE', reason: 'LUNCH' } });
    const result = await toggle(stage, { mode }, { attempt });
    assert.deepEqual(result, { kind: 'left-on-break', reason: 'LUNCH' });
    assert.deepEqual(asked(stage), []);
  }
});

test('putting back without a toggle sends nothing to an agent who is back', async (t) => {
  const stage = await startStage(t);
  assert.deepEqual(await toggle(stage, { mode: 'restore' }), { kind: 'restored' });
  assert.deepEqual(asked(stage), []);
});

test('an agent whose state can not be read is not given up while there is hope', async (t) => {
  for (const status of [500, 503, 429, 408]) {
    const stage = await startStage(t, { agent: OUT });
    stage.simulator.addFault({ on: 'getState', nth: 1, do: { kind: 'answer', status } });
    const failure = await failureOf(toggle(stage, {}, { attempt: 2 }));
    assert.equal(failure.nonRetryable, false);
    assert.deepEqual(await toggle(stage, {}, { attempt: 3 }), { kind: 'restored' });
    assert.equal(stage.simulator.agent(AGENT).state, 'AVAILABLE');
  }
  const stage = await startStage(t, { agent: OUT });
  stage.simulator.addFault({ on: 'getState', do: { kind: 'answer', status: 403 } });
  assert.deepEqual(await toggle(stage, {}, { attempt: 2 }), { kind: 'not-restored', status: 403 });
});
