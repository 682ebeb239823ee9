import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import type { Settlement } from '../../client/index.ts';
import { DEMO_TENANT_ID } from '../../simulator/index.ts';
import { provisionWorkflowId } from '../../domain/workflow-id.ts';
import { provisionBy } from '../support/altered-worker.ts';
import { storeHistory } from '../support/branch.ts';
import { startStage, type Stage } from '../support/activity-stage.ts';
import { connect, uniqueName } from '../support/temporal.ts';

type Activity = 'patchSkills' | 'fetchAgent';

for (const maxCachedWorkflows of [200, 0]) {
  const how = maxCachedWorkflows === 0 ? 'replayed at every task' : 'as it is';

  test(`a change that a worker could not read was never sent, and is sent again (${how})`, async (t) => {
    const { settled, stage, workflowId, taskQueue } = await provision(t, {
      refused: 'patchSkills',
      times: 1,
      maxCachedWorkflows,
    });
    assert.ok(settled.kind === 'ended', JSON.stringify(settled));
    assert.equal(settled.outcome.status, 'provisioned');
    assert.equal(stage.calls().filter(({ operation }) => operation === 'patchAgent').length, 1);
    assert.ok(await isMarked(workflowId), 'the run does not know a refusal from a lost answer');
    if (maxCachedWorkflows === 0) return;
    await storeHistory('change-unread', { temporal: await connect(), taskQueue });
  });

  for (const refused of ['patchSkills', 'fetchAgent'] as const) {
    test(`whoever has to look is not told that the platform was silent where workers refused ${refused} (${how})`, async (t) => {
      const { settled, stage, taskQueue } = await provision(t, { refused, times: Infinity, maxCachedWorkflows });
      assert.ok(settled.kind === 'parked', JSON.stringify(settled));
      assert.match(settled.problem?.message ?? '', /^The workers could not read what this run told them to do for 3s/);
      assert.deepEqual(
        stage.calls().filter(({ operation }) => operation === 'patchAgent'),
        [],
      );
      if (maxCachedWorkflows === 0) return;
      const place = { temporal: await connect(), taskQueue };
      if (refused === 'patchSkills') {
        await storeHistory('changes-unread', place);
      } else {
        await storeHistory('reads-unread', place);
      }
    });
  }
}

/** A request whose run is served by a worker that refuses an activity's payload so many times. */
async function provision(
  t: TestContext,
  { refused, times, maxCachedWorkflows }: { refused: Activity; times: number; maxCachedWorkflows: number },
): Promise<{ settled: Settlement; stage: Stage; workflowId: string; taskQueue: string }> {
  const agentId = uniqueName('agent');
  const stage = await startStage(t, { agent: { agentId } });
  let left = times;
  const refusing = async (input: never): Promise<unknown> => {
    left -= 1;
    // As the SDK reports what the codec throws.
    if (left >= 0) throw ApplicationFailure.retryable('A payload belongs to somebody else', 'PayloadRefusedError');
    return (stage.activities[refused] as (input: never) => Promise<unknown>)(input);
  };
  const activities = { ...stage.activities, [refused]: refusing };
  const { settled, taskQueue } = await provisionBy(t, { agentId, activities, maxCachedWorkflows });
  return { settled, stage, workflowId: provisionWorkflowId(DEMO_TENANT_ID, agentId), taskQueue };
}

async function isMarked(workflowId: string): Promise<boolean> {
  const { events } = await (await connect()).workflow.getHandle(workflowId).fetchHistory();
  const patches = (events ?? []).flatMap(({ markerRecordedEventAttributes: marker }) =>
    Object.values(marker?.details ?? {}).flatMap(({ payloads }) => payloads ?? []),
  );
  return patches.some(({ data }) => Buffer.from(data ?? []).includes('payload-refusals'));
}
