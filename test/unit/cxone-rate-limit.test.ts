import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlatformRefusedError } from '../../cxone/errors.ts';
import { answerJson, answerToken, connect, createClock, gate, startDouble } from '../support/cxone-double.ts';

const STATE = { agentId: 'A1', currentState: 'AVAILABLE' };
const STATE_PATH = '/api/v2/supervisor/agents/A1/state';
const PATCH = { wishes: [{ skillId: '7', level: 4 }], etag: '"1"', idempotencyKey: 'A1_7_1' };

test('after a 429 nothing is sent to the tenant before Retry-After is over', async (t) => {
  const clock = createClock();
  let limited = true;
  const double = await startDouble(t, (_request, response) => {
    if (limited) answerJson(response, 429, { error: 'rate_limited' }, { 'retry-after': '30' });
    else answerJson(response, 200, STATE);
  });
  const client = connect(t, double.url, { monotonicNow: clock.now });
  await assert.rejects(client.getState('A1'), { status: 429, code: 'rate_limited', retryAfterMs: 30_000, sent: true });
  limited = false;
  clock.advance(29_999);
  const held = { name: 'PlatformRefusedError', status: 429, retryAfterMs: 1, sent: false, maybeApplied: false };
  await assert.rejects(client.getState('A1'), held);
  await assert.rejects(client.patchAgentSkills('A2', PATCH), held);
  await assert.rejects(client.listSkills(), held);
  assert.equal(double.seen.length, 2);
  clock.advance(1);
  assert.equal((await client.getState('A1')).state, 'AVAILABLE');
});

test('the token endpoint is part of the tenant', async (t) => {
  const clock = createClock();
  let requests = 0;
  const double = await startDouble(
    t,
    (_request, response) => {
      answerJson(response, 200, STATE);
    },
    (_request, response) => {
      requests += 1;
      if (requests === 1) response.writeHead(429, { 'retry-after': '5' }).end();
      else answerToken(response, 1);
    },
  );
  const client = connect(t, double.url, { monotonicNow: clock.now });
  await assert.rejects(client.getState('A1'), { status: 429, retryAfterMs: 5000 });
  await assert.rejects(client.checkScopes(), { status: 429, sent: false });
  assert.equal(double.seen.length, 1);
  clock.advance(5000);
  await client.getState('A1');
});

test('a longer wait is not shortened by a later, shorter one', async (t) => {
  const clock = createClock();
  const arrived = gate();
  const slow = gate();
  const double = await startDouble(t, ({ path }, response) => {
    if (path === STATE_PATH) response.writeHead(429, { 'retry-after': '60' }).end();
    else {
      arrived.open();
      void slow.opened.then(() => response.writeHead(429, { 'retry-after': '1' }).end());
    }
  });
  const client = connect(t, double.url, { monotonicNow: clock.now });
  const late = client.getState('A2');
  await arrived.opened;
  await assert.rejects(client.getState('A1'), { retryAfterMs: 60_000 });
  slow.open();
  await assert.rejects(late, { status: 429, retryAfterMs: 60_000 });
  clock.advance(59_999);
  await assert.rejects(client.getState('A1'), { sent: false });
});

test('the wait begins with the head of the answer, not with the end of its body', async (t) => {
  const body = gate();
  const double = await startDouble(t, (_request, response) => {
    response.writeHead(429, { 'retry-after': '30' });
    response.flushHeaders();
    void body.opened.then(() => response.end());
  });
  const client = connect(t, double.url);
  let settled = false;
  const first = client.getState('A1').finally(() => {
    settled = true;
  });
  first.catch(() => {});
  // Each try is either sent (and then held by the body) or refused here; the first refused one ends the loop.
  const tries: Promise<unknown>[] = [];
  let refused = false;
  while (!refused) {
    const next = client.getState('A1').catch((error: unknown) => {
      refused ||= error instanceof PlatformRefusedError && !error.sent;
    });
    tries.push(next);
    await new Promise(setImmediate);
  }
  assert.equal(settled, false);
  body.open();
  await assert.rejects(first, { status: 429 });
  await Promise.all(tries);
});

test('a 429 without a Retry-After that makes sense holds nobody up', async (t) => {
  let requests = 0;
  const double = await startDouble(t, (_request, response) => {
    requests += 1;
    if (requests === 1) response.writeHead(429, { 'retry-after': 'soon' }).end();
    else answerJson(response, 200, STATE);
  });
  const client = connect(t, double.url);
  await assert.rejects(client.getState('A1'), { status: 429, retryAfterMs: undefined, sent: true });
  await client.getState('A1');
});

test('a date in Retry-After holds as well', async (t) => {
  const clock = createClock();
  const headers = { date: 'Fri, 20 Nov 2026 12:00:00 GMT', 'retry-after': 'Fri, 20 Nov 2026 12:01:30 GMT' };
  const double = await startDouble(t, (_request, response) => {
    response.writeHead(429, headers).end();
  });
  const client = connect(t, double.url, { monotonicNow: clock.now });
  await assert.rejects(client.getState('A1'), { retryAfterMs: 90_000 });
  clock.advance(89_000);
  await assert.rejects(client.getState('A1'), { retryAfterMs: 1000, sent: false });
});

test('a 503 passes its Retry-After on and holds nobody else up', async (t) => {
  const double = await startDouble(t, (_request, response) => {
    response.writeHead(503, { 'retry-after': '7' }).end();
  });
  const client = connect(t, double.url);
  await assert.rejects(client.getState('A1'), { status: 503, retryAfterMs: 7000 });
  await assert.rejects(client.getState('A1'), { status: 503, sent: true });
});
