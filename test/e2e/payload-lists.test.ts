import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import type { Client } from '@temporalio/client';
import { createProvisioningClient } from '../../client/index.ts';
import { renderQueue } from '../../client/cli/render.ts';
import { renderWatches } from '../../client/cli/drift-render.ts';
import { driftScheduleId } from '../../domain/drift.ts';
import { SEARCH_ATTRIBUTES } from '../../domain/search-attributes.ts';
import { provisionWorkflowId } from '../../domain/workflow-id.ts';
import { PayloadRefusedError } from '../../payloads/refusal.ts';
import { PARKED_MEMO, type ParkedMemo } from '../../workflows/provision-skill.messages.ts';
import { newKey, payloadKeysFile } from '../support/payload-keys.ts';
import { connectWith } from '../support/payload-place.ts';
import { connect, uniqueName } from '../support/temporal.ts';

const SINCE = '2026-11-23T04:27:44.427Z';

test('a parked run whose memo can not be read is listed as such, and the others as usual', async (t) => {
  const { tenantId, client, sealing } = await callers(t);
  await park(t, sealing, tenantId, 'readable');
  await park(t, await connect(), tenantId, 'plain');
  let items = await client.queue();
  while (items.length < 2) items = await client.queue();
  const [plain, readable] = ['plain', 'readable'].map((id) => items.find(({ agentId }) => agentId === id));
  assert.deepEqual([readable?.requestedBy, readable?.unreadable], ['kim', undefined]);
  assert.match(plain?.unreadable ?? '', /plain" of namespace "default" is not encrypted/);
  const { requestId, reason, since, requestedBy } = plain ?? assert.fail();
  assert.deepEqual([requestId, reason, since, requestedBy], ['req-plain', 'lock-timeout', SINCE, '']);
  assert.match(
    renderQueue(items),
    /^warning: A payload of workflow .*\/plain" of namespace "default" is not encrypted/m,
  );

  const withoutKeys = createProvisioningClient({ temporal: await connect(), tenantId });
  await assert.rejects(
    withoutKeys.queue(),
    (error) => error instanceof PayloadRefusedError && error.reason === 'no-keys',
  );
});

test("schedules of others do not keep drift watches from being listed, nor does a watch's memo that can not be read", async (t) => {
  const { tenantId, client, sealing } = await callers(t);
  const memo = { source: 'centre.yaml', everyMs: 60_000, repair: false };
  const others = uniqueName('nightly-report');
  await schedule(t, sealing, driftScheduleId(tenantId, 'main'), memo);
  await schedule(t, await connect(), driftScheduleId(tenantId, 'old'), memo);
  await schedule(t, await connect(), others, { owner: 'somebody else' });
  const listed = async () => (await client.code.drift.list()).map(({ nextAt: _nextAt, ...watch }) => watch);
  let watches = await listed();
  while (watches.length < 2) watches = await listed();
  const [main, old] = ['main', 'old'].map((name) => watches.find((watch) => watch.name === name));
  assert.deepEqual(main, { name: 'main', ...memo });
  assert.match(old?.unreadable ?? '', /is not encrypted/);
  assert.match(renderWatches(watches), /^warning: what old watches can't be read\. A payload .* is not encrypted/m);
});

async function callers(t: TestContext) {
  const key = newKey();
  const tenantId = uniqueName('tenant');
  const payloadKeys = { encodeWith: 'k1', keys: { k1: key } };
  const client = createProvisioningClient({ temporal: await connect(), tenantId, payloadKeys });
  t.after(() => client.close());
  return { tenantId, client, sealing: await connectWith(payloadKeysFile(t, { k1: key })) };
}

/** A run that waits for a person, as far as visibility can tell. */
async function park(t: TestContext, by: Client, tenantId: string, agentId: string): Promise<void> {
  const requestId = `req-${agentId}`;
  const parked: ParkedMemo = { requestId, reason: 'lock-timeout', since: SINCE, escalated: false, requestedBy: 'kim' };
  const handle = await by.workflow.start('ProvisionSkillWorkflow', {
    workflowId: provisionWorkflowId(tenantId, agentId),
    taskQueue: uniqueName('nobody'),
    memo: { [PARKED_MEMO]: [parked] },
    typedSearchAttributes: new TypedSearchAttributes([
      { key: defineSearchAttributeKey('CxoneTenantId', SEARCH_ATTRIBUTES.CxoneTenantId), value: tenantId },
      { key: defineSearchAttributeKey('CxoneRequestIds', SEARCH_ATTRIBUTES.CxoneRequestIds), value: [requestId] },
      {
        key: defineSearchAttributeKey('ProvisionState', SEARCH_ATTRIBUTES.ProvisionState),
        value: 'AwaitingReconciliation',
      },
      {
        key: defineSearchAttributeKey('ReconciliationReason', SEARCH_ATTRIBUTES.ReconciliationReason),
        value: 'lock-timeout',
      },
      {
        key: defineSearchAttributeKey('ReconciliationSince', SEARCH_ATTRIBUTES.ReconciliationSince),
        value: new Date(SINCE),
      },
    ]),
  });
  t.after(() => handle.terminate());
}

async function schedule(t: TestContext, by: Client, scheduleId: string, memo: Record<string, unknown>): Promise<void> {
  const handle = await by.schedule.create({
    scheduleId,
    spec: { intervals: [{ every: '1h' }] },
    action: { type: 'startWorkflow', workflowType: 'Nothing', taskQueue: uniqueName('nobody') },
    memo,
    state: { paused: true },
  });
  t.after(() => handle.delete());
}
