import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { METRICS } from '../../domain/metric-names.ts';
import { freePort } from '../../tools/free-port.ts';
import { startStack } from '../support/stack.ts';
import { shiftIn } from '../support/shifts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

test('a feed that is down is seen in the log, the readiness and the metrics, and so is its return', async (t) => {
  const stack = await startStack(t, { worker: 'none', shifts: { of: () => undefined } });
  const [health, metrics] = [await freePort(), await freePort()];
  const worker = startWorkerProcess(t, {
    ...stack.env,
    LOG_LEVEL: 'info',
    HEALTH_ADDRESS: `127.0.0.1:${health}`,
    METRICS_ADDRESS: `127.0.0.1:${metrics}`,
  });
  await worker.untilSaid('the worker polls');
  const readiness = async (): Promise<unknown> => (await fetch(`http://127.0.0.1:${health}/readyz`)).json();
  const shown = async (name: string): Promise<string> => {
    const text = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
    return text.split('\n').find((line) => line.startsWith(`${name}{`) && line.includes('workforce')) ?? '';
  };
  assert.match(worker.said(), /a shift feed is stale/);
  assert.deepEqual(await readiness(), {
    status: 'not-ready',
    failed: { shifts: 'workforce has never been read: it answered with status 503' },
  });
  assert.match(await shown(METRICS.staleShiftFeeds), / 1$/);

  const settled = await stack.client.provision(stack.request());
  assert.equal(settled.kind, 'ended');
  assert.match(await shown(METRICS.uncheckedShifts), / [1-9]\d*$/);

  stack.simulator.setShifts([]);
  await worker.untilSaid('a shift feed can be relied on again');
  assert.deepEqual(await readiness(), { status: 'ready' });
  assert.match(await shown(METRICS.staleShiftFeeds), / 0$/);
  await stack.finish();
});

test("a calendar by its secret address keeps its agents' changes from a boundary, and nobody is told the address", async (t) => {
  const stack = await startStack(t, { worker: 'none', policy: { shiftMargin: '1m', idleLimit: '2m' } });
  stack.simulator.setShifts([shiftIn(30_000, stack.agentId)]);
  const folder = temporaryFolder(t);
  const file = join(folder, 'feeds.json');
  writeFileSync(join(folder, 'token'), 'feed-t0ken-value\n');
  const url = `${stack.simulator.url}/_simulator/shifts.ics?agentId=${stack.agentId}&key=s3cret-key`;
  const feed = { name: 'desk', format: 'icalendar', agents: [stack.agentId], url, tokenFile: 'token' };
  writeFileSync(file, JSON.stringify([feed]));
  const worker = startWorkerProcess(t, {
    ...stack.env,
    LOG_LEVEL: 'debug',
    SHIFT_FEEDS: file,
    SHIFT_FEED_INTERVAL: '100ms',
  });
  await worker.untilSaid('the worker polls');
  const submitted = await stack.client.submit(stack.request());
  await stack.until(({ waitingFor }) => waitingFor === 'shift-boundary');
  assert.deepEqual(stack.writes(), []);
  stack.simulator.setShifts(undefined);
  await worker.untilSaid('a shift feed could not be read');
  stack.simulator.setShifts([]);
  const settled = await submitted.result();
  assert.equal(settled.kind, 'ended');
  assert.doesNotMatch(worker.said(), /s3cret-key|feed-t0ken-value/);
  await stack.finish();
});
