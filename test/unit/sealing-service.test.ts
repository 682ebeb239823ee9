import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client } from 'pg';
import { createSealingService, type SealingService } from '../../audit/chain/sealing-service.ts';
import { SEALER_METRICS } from '../../domain/metric-names.ts';

/** Answers as a trail in which all is sealed, until it hangs. */
function stillTrail() {
  let hangs = false;
  let hanging: (() => void) | undefined;
  const hung = new Promise<void>((resolve) => (hanging = resolve));
  const release: (() => void)[] = [];
  const client = {
    query(text: string): Promise<unknown> {
      if (!hangs)
        return Promise.resolve({ rows: text.includes('order by r.xid') ? [] : [{ is_foreign: false, records: '0' }] });
      hanging?.();
      return new Promise((_, reject) => release.push(() => reject(new Error('released'))));
    },
    end: () => Promise.resolve(),
  };
  return {
    client: client as unknown as Client,
    hang: () => void (hangs = true),
    hung,
    release: () => release.forEach((reject) => reject()),
  };
}

function serviceOf(client: Client, countOpenIntents: () => Promise<number>): SealingService {
  return createSealingService({
    connect: () => Promise.resolve(client),
    checkpoints: undefined,
    checkpointIntervalMs: 60_000,
    sealIntervalMs: 1,
    countOpenIntents,
    log: () => undefined,
  });
}

function gauge(service: SealingService, { name }: { name: string }): number | undefined {
  return service.metrics().find((metric) => metric.name === name)?.value;
}

test('a sealer that hangs says after two minutes that it is not sealing, and no longer what it has seen', async (t) => {
  const trail = stillTrail();
  const service = serviceOf(trail.client, () => Promise.resolve(0));
  const stop = new AbortController();
  const running = service.run(stop.signal);
  while (gauge(service, SEALER_METRICS.up) !== 1) await new Promise(setImmediate);
  assert.equal(gauge(service, SEALER_METRICS.unsealed), 0);
  trail.hang();
  await trail.hung;
  const now = performance.now();
  t.mock.method(performance, 'now', () => now + 121_000);
  assert.equal(gauge(service, SEALER_METRICS.up), 0);
  assert.equal(gauge(service, SEALER_METRICS.unsealed), undefined);
  assert.equal(gauge(service, SEALER_METRICS.unsealedAge), undefined);
  assert.throws(() => service.check(), /two minutes/);
  stop.abort();
  trail.release();
  await running;
});

test('a sealer that is stopped does not wait for a count that does not end', async () => {
  const stop = new AbortController();
  const service = serviceOf(stillTrail().client, () => {
    stop.abort();
    return new Promise(() => undefined);
  });
  assert.equal(await service.run(stop.signal), 0);
});
