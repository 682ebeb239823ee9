import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProvisioningActivities } from '../../activities/contract.ts';
import { startStage } from '../support/activity-stage.ts';
import { provisionBy } from '../support/altered-worker.ts';
import { storeHistory } from '../support/branch.ts';
import { uniqueName } from '../support/temporal.ts';

for (const maxCachedWorkflows of [200, 0]) {
  const how = maxCachedWorkflows === 0 ? 'replayed at every task' : 'as it is';

  test(`an id that could be more than 60 seconds old when it is written is looked up again (${how})`, async (t) => {
    const agentId = uniqueName('agent');
    const stage = await startStage(t, { agent: { agentId } });
    const asked: string[] = [];
    /** The first answer is one that the worker has had for 50 seconds. */
    const resolveSkill: ProvisioningActivities['resolveSkill'] = async (input) => {
      asked.push('resolveSkill');
      const found = await stage.activities.resolveSkill(input);
      return asked.length > 1 ? found : found.map((one) => (one.ok ? { ...one, ageMs: 50_000 } : one));
    };
    const patchSkills: ProvisioningActivities['patchSkills'] = async (input) => {
      asked.push('patchSkills');
      return stage.activities.patchSkills(input);
    };
    const activities = { ...stage.activities, resolveSkill, patchSkills };
    const { settled, temporal, taskQueue } = await provisionBy(t, { agentId, activities, maxCachedWorkflows });
    assert.ok(settled.kind === 'ended' && settled.outcome.status === 'provisioned', JSON.stringify(settled));
    assert.ok(asked.filter((name) => name === 'resolveSkill').length > 1);
    assert.equal(asked.indexOf('patchSkills'), asked.length - 1, asked.join());
    if (maxCachedWorkflows === 0) return;
    await storeHistory('old-id', { temporal, taskQueue });
  });
}
