import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NotAcceptedError, type BulkRequest } from '../../client/index.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { uniqueName } from '../support/temporal.ts';

const LIMIT = 240;
const MINUTE_MS = 60_000;
const IN_A_BULK = 300;
const ALONE = 40;

function requests(s: Stack, count: number): BulkRequest[] {
  return Array.from({ length: count }, () => {
    const agentId = uniqueName('agent');
    s.simulator.addAgent({ agentId });
    const { tenantId: _tenantId, ...request } = s.request({ agentId });
    return request;
  });
}

/** Repeats it as callers are told to, where nobody took it in time. */
async function provision(s: Stack, request: BulkRequest): Promise<void> {
  for (;;) {
    try {
      await s.client.provision(request);
      return;
    } catch (error) {
      if (!(error instanceof NotAcceptedError)) throw error;
    }
  }
}

/** When PATCHes of skills arrived at the platform, in order; milliseconds. */
function arrivals(s: Stack): number[] {
  return s.simulator.ledger
    .filter(({ operation }) => operation === 'patchAgent')
    .map(({ arrivedMono }) => arrivedMono)
    .sort((one, other) => one - other);
}

/** The most that came in any sliding minute. */
function busiestMinute(times: readonly number[]): number {
  const sizes = times.map((from) => times.filter((time) => time >= from && time < from + MINUTE_MS).length);
  return Math.max(...sizes);
}

/** The least that came in a sliding minute, from the first to the last. */
function quietestMinute(times: readonly number[]): number {
  const end = times.at(-1) ?? 0;
  const whole = times.filter((time) => time + MINUTE_MS <= end);
  return Math.min(...whole.map((from) => times.filter((time) => time > from && time <= from + MINUTE_MS).length));
}

/** How many came in each ten seconds, for a look at where time was lost. */
function perTenSeconds(times: readonly number[]): number[] {
  const counts: number[] = [];
  for (const time of times) {
    const slot = Math.floor((time - (times[0] ?? 0)) / 10_000);
    counts[slot] = (counts[slot] ?? 0) + 1;
  }
  return Array.from({ length: counts.length }, (_, slot) => counts[slot] ?? 0);
}

test('two workers, two bulks and single requests together never write more than the tenant may, and use what it may', async (t) => {
  // As in production: the pace is in real time, and what a PATCH may wait for its turn is a part of this.
  const policy = { requestTimeout: '10s' } as const;
  const s = await startStack(t, { worker: 'process', policy, env: { CXONE_AGENTS_PER_MINUTE: String(LIMIT) } });
  await s.startWorker();
  const bulkIds = [uniqueName('bulk'), uniqueName('bulk')];
  for (const bulkId of bulkIds) {
    await s.client.bulk.submit({ bulkId, pages: [{ requests: requests(s, IN_A_BULK) }] });
  }
  const singles: Promise<unknown>[] = [];
  for (const request of requests(s, ALONE)) {
    singles.push(provision(s, request));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  const ended = await Promise.all(bulkIds.map((bulkId) => s.client.bulk.wait(bulkId)));
  await Promise.all(singles);
  const times = arrivals(s);
  const worked = (times.at(-1) ?? 0) - (times[0] ?? 0);
  // The first one starts the clock.
  const used = ((times.length - 1) * MINUTE_MS) / worked / LIMIT;
  t.diagnostic(
    `${times.length} writes in ${worked} ms, ${used} of the limit, ` +
      `${busiestMinute(times)} in the busiest minute, ${quietestMinute(times)} in the quietest`,
  );
  t.diagnostic(`in each ten seconds: ${perTenSeconds(times).join(' ')}`);
  assert.deepEqual(
    ended.map(({ counts }) => counts),
    bulkIds.map(() => ({ provisioned: IN_A_BULK })),
  );
  assert.ok(busiestMinute(times) <= LIMIT, `${busiestMinute(times)} in one minute`);
  assert.ok(used >= 0.95, `${Math.round(used * 100)} % of the limit`);
  await s.finish();
});
