import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { startHealthServer, type HealthCheck } from '../../service/health.ts';
import { ListenError } from '../../service/listen.ts';

const ANY_PORT = { host: '127.0.0.1', port: 0 };

async function serve(t: TestContext, checks: Record<string, HealthCheck>): Promise<string> {
  const server = await startHealthServer(ANY_PORT, checks);
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address.port}`;
}

test('a worker is ready when every check passes', async (t) => {
  const url = await serve(t, { worker: () => undefined, audit: () => Promise.resolve() });
  const response = await fetch(`${url}/readyz`);
  assert.deepEqual([response.status, await response.json()], [200, { status: 'ready' }]);
});

test('a worker that is not ready is still alive, and says what it lacks', async (t) => {
  const url = await serve(t, {
    worker: () => {
      throw new Error('starting');
    },
    audit: () => Promise.reject(new Error('no space')),
    temporal: () => undefined,
  });
  const response = await fetch(`${url}/readyz`);
  const failed = { worker: 'starting', audit: 'no space' };
  assert.deepEqual([response.status, await response.json()], [503, { status: 'not-ready', failed }]);
  assert.equal((await fetch(`${url}/livez`)).status, 200);
});

test('a check that never answers counts as failed', async (t) => {
  const url = await serve(t, { temporal: () => new Promise(() => undefined) });
  const response = await fetch(`${url}/readyz`);
  const failed = { temporal: 'no answer in time' };
  assert.deepEqual([response.status, await response.json()], [503, { status: 'not-ready', failed }]);
});

test('checks added later are looked at, and readiness follows them both ways', async (t) => {
  const checks: Record<string, HealthCheck> = {};
  const url = await serve(t, checks);
  let healthy = true;
  checks['audit'] = () => {
    if (!healthy) throw new Error('no space');
  };
  const status = async (): Promise<number> => (await fetch(`${url}/readyz`)).status;
  assert.equal(await status(), 200);
  healthy = false;
  assert.equal(await status(), 503);
  healthy = true;
  assert.equal(await status(), 200);
});

test('nothing else is served, and only by GET and HEAD', async (t) => {
  const url = await serve(t, {});
  assert.equal((await fetch(`${url}/`)).status, 404);
  assert.equal((await fetch(`${url}/readyz`, { method: 'POST' })).status, 405);
  assert.equal((await fetch(`${url}/readyz?verbose=1`, { method: 'HEAD' })).status, 200);
});

test('an address in use stops the worker by the name of the variable', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as AddressInfo;
  await assert.rejects(startHealthServer({ host: '127.0.0.1', port }, {}), (error) => {
    assert.ok(error instanceof ListenError);
    assert.match(error.message, /HEALTH_ADDRESS/);
    return true;
  });
});
