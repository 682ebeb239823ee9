import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BulkProgress } from '../../client/bulk.ts';
import { createBulkProgress } from '../../client/cli/bulk-progress.ts';
import { exitCodeOfBulk } from '../../client/cli/bulk-render.ts';

const HALF: BulkProgress = {
  bulkId: 'peak-1',
  state: 'running',
  pages: 4,
  requests: 2_000,
  submitted: 1_200,
  settled: 1_000,
  counts: { provisioned: 990, rejected: 10 },
  settledPerMinute: 240,
  startedAt: '2026-11-23T08:00:00.000Z',
};

test('on a terminal a bar shows how far a bulk is, how fast, and the time left; nothing of it stays', async () => {
  const { said, view } = await watch(true);
  view.update(HALF);
  view.update({ ...HALF, settled: 1_500, state: 'paused' });
  view.stop();
  const shown = said();
  assert.match(shown, /█+░+ 1000\/2000 {2}running, 240\/min, 4m left {2}provisioned 990, rejected 10/);
  assert.match(shown, /█+░+ 1500\/2000 {2}paused, 240\/min {2}provisioned/);
  assert.ok(shown.endsWith('\u001b[2K'), 'the line is cleared');
});

test('in a log there is a line for each tenth and each change of state, not for each look', async () => {
  const { said, view } = await watch(false);
  for (let settled = 0; settled <= 2_000; settled += 10) view.update({ ...HALF, settled });
  view.update({ ...HALF, settled: 2_000, state: 'paused' });
  view.stop();
  const lines = said().trimEnd().split('\n');
  assert.equal(lines.length, 12);
  assert.equal(lines[5], '1000 of 2000 settled, running, 240/min, 4m left, provisioned 990, rejected 10');
});

test('while nothing has settled, no time is made up', async () => {
  const { said, view } = await watch(false);
  view.update({ ...HALF, settled: 0, counts: {}, settledPerMinute: 0 });
  assert.equal(said(), '0 of 2000 settled, running, 0/min, nothing settled yet\n');
});

test("a bulk's exit code is that of the worst of it", () => {
  const codes: [BulkProgress['counts'], number][] = [
    [{}, 0],
    [{ provisioned: 1, unchanged: 1, accepted: 1, rejected: 0 }, 0],
    [{ provisioned: 1, 'awaiting-reconciliation': 1 }, 4],
    ...(['rejected', 'failed', 'cancelled', 'abandoned', 'rolled-back', 'not-submitted'] as const).map(
      (status): [BulkProgress['counts'], number] => [{ provisioned: 1, 'awaiting-reconciliation': 1, [status]: 1 }, 5],
    ),
  ];
  for (const [counts, code] of codes) assert.equal(exitCodeOfBulk({ ...HALF, counts }), code, JSON.stringify(counts));
});

async function watch(isTTY: boolean) {
  let text = '';
  const view = await createBulkProgress({ isTTY, write: (more) => (text += more) });
  return { said: () => text, view };
}
