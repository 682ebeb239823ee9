import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { runCampaign } from './campaign.ts';
import { commandOf } from './options.ts';
import { describeCampaign, isSound } from './report.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });

for (const seed of [11, 12, 13]) {
  test(`every invariant holds while everything fails that can fail (seed ${seed})`, async (t) => {
    const evidence = `test-evidence/faults-${seed}`;
    const options = { requests: 60, seed, agents: 30, workers: 3, inFlight: 60, evidence };
    const report = await runCampaign(options, (line) => t.diagnostic(line));
    assert.ok(isSound(report), `${describeCampaign(report)}\nevidence: ${evidence}; ${commandOf(options)}`);
  });
}
