import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { ProvisionResult } from '../../domain/outcome.ts';
import { SEARCH_ATTRIBUTES } from '../../domain/search-attributes.ts';
import { PROVISION_WORKFLOW, provisionWorkflowId } from '../../domain/workflow-id.ts';
import { branch } from '../support/branch.ts';
import { assign, TEST_SKILLS, type Stack } from '../support/stack.ts';
import { shortHistoriesAddress, uniqueName } from '../support/temporal.ts';

const REQUEST_IDS = defineSearchAttributeKey('CxoneRequestIds', SEARCH_ATTRIBUTES.CxoneRequestIds);

/** How often the agent's runs have continued as new so far. */
async function continuations(s: Stack): Promise<number> {
  const { runId } = await s.temporal.workflow.getHandle(s.workflowId).describe();
  let seen = 0;
  for (let next: string | undefined = runId; next !== undefined; seen += 1) {
    const history = await s.temporal.workflow.getHandle(s.workflowId, next).fetchHistory();
    next = history.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined;
  }
  return seen - 1;
}

branch(
  'continue-while-parked',
  'a run with a parked request continues as new and loses neither it nor those behind it',
  async (s) => {
    s.simulator.disturbRouting(s.agentId, { never: true });
    const parked = await s.client.submit(s.request());
    await s.until(({ state }) => state === 'AwaitingReconciliation');
    const behind = [];
    for (let level = 1; level <= 5; level += 1) {
      for (const skillId of ['skill-chat', 'skill-mail']) {
        behind.push(await s.client.submit(s.request({ changes: [assign(skillId, level)] })));
      }
    }
    assert.ok((await continuations(s)) > 0);
    s.simulator.disturbRouting(s.agentId, { never: false });
    await s.client.reconcile({
      agentId: s.agentId,
      requestId: parked.requestId,
      action: 'retry',
      operator: 'kim',
      note: 'fixed',
    });
    for (const submitted of [parked, ...behind]) {
      const settled = await submitted.result();
      assert.ok(settled.kind === 'ended');
      assert.equal(settled.outcome.status, 'provisioned');
      assert.equal(settled.outcome.requestId, submitted.requestId);
    }
  },
  { temporalAddress: shortHistoriesAddress },
);

branch(
  'continue-while-busy',
  'a run that waits for a busy agent continues as new and goes on waiting',
  async (s) => {
    const submitted = [];
    for (let level = 1; level <= 5; level += 1) {
      for (const skillId of ['skill-chat', 'skill-mail']) {
        submitted.push(await s.client.submit(s.request({ changes: [assign(skillId, level)] })));
      }
    }
    while ((await continuations(s)) === 0) await s.until(({ state }) => state === 'AwaitingIdle');
    s.simulator.setState(s.agentId, 'AVAILABLE');
    for (const one of submitted) {
      const settled = await one.result();
      assert.ok(settled.kind === 'ended');
      assert.equal(settled.outcome.status, 'provisioned');
    }
  },
  { temporalAddress: shortHistoriesAddress, agent: { state: 'CALL' }, policy: { idleLimit: '60s' } },
);

/** As many as one PATCH takes, with ids so long that one search attribute holds half of them. */
const MANY = Array.from({ length: 40 }, (_, index) => ({ skillId: `skill-${index}`, name: `skill ${index}` }));

branch(
  'ended-in-two-lists',
  'each of many requests that end together is listed by a run, and known when it comes again after a later one',
  async (s) => {
    const requests = MANY.map(({ skillId }) => {
      return s.request({ requestId: uniqueName('request').padEnd(64, '-'), changes: [assign(skillId, 3)] });
    });
    const submitted = [];
    for (const request of requests) submitted.push(await s.client.submit(request));
    s.simulator.setState(s.agentId, 'AVAILABLE');
    const outcomes = [];
    for (const one of submitted) outcomes.push(await one.result());
    await s.temporal.workflow.getHandle(s.workflowId).result();
    await s.client.provision(s.request());

    const ids = requests.map(({ requestId }) => requestId);
    const listed = await listedIds(s);
    assert.deepEqual(
      ids.filter((id) => !listed.has(id)),
      [],
      'some are listed nowhere',
    );
    const [first] = requests;
    assert.ok(first !== undefined);
    const { tenantId: _tenantId, ...again } = first;
    const written = s.writes().length;
    assert.deepEqual(await s.client.provision(again), outcomes[0]);
    assert.equal(s.writes().length, written);
  },
  {
    simulator: { skills: [...TEST_SKILLS, ...MANY] },
    agent: { state: 'CALL' },
    policy: { idleLimit: '60s' },
  },
);

/** What the runs of the agent show in `CxoneRequestIds`, once the list of runs has caught up with the last of them. */
async function listedIds(s: Stack): Promise<Set<unknown>> {
  for (;;) {
    const runs = [];
    for await (const run of s.temporal.workflow.list({ query: `WorkflowId = "${s.workflowId}"` })) runs.push(run);
    if (runs.every(({ status }) => status.name !== 'RUNNING')) {
      return new Set(runs.flatMap(({ typedSearchAttributes }) => typedSearchAttributes.get(REQUEST_IDS) ?? []));
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

branch(
  'audit-away',
  'nothing is written while the audit trail is away, and the request goes on afterwards',
  async (s) => {
    const folder = dirname(s.auditFile);
    await rename(folder, `${folder}-away`);
    const submitted = await s.client.submit(s.request());
    await s.until(({ waitingFor }) => waitingFor === 'audit');
    assert.deepEqual(s.writes(), []);
    await rename(`${folder}-away`, folder);
    const settled = await submitted.result();
    assert.ok(settled.kind === 'ended');
    assert.equal(settled.outcome.status, 'provisioned');
  },
);

branch('audit-away-at-the-end', 'a request has not ended before its outcome is in the audit trail', async (s) => {
  const folder = dirname(s.auditFile);
  s.simulator.addFault({
    on: 'getRouting',
    times: 1,
    do: { kind: 'call', when: 'before', run: () => rename(folder, `${folder}-away`) },
  });
  const submitted = await s.client.submit(s.request());
  const status = await s.until(({ waitingFor }) => waitingFor === 'audit');
  assert.equal(status.requests[0]?.outcome, undefined);
  await rename(`${folder}-away`, folder);
  const settled = await submitted.result();
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'provisioned');
});

/** So many skills that an intent still fits into a record of 256 KiB, and an outcome with both inventories does not. */
const HUGE_INVENTORY = Array.from({ length: 4_600 }, (_, index) => ({ skillId: `s-${index}`, level: 1 }));

branch(
  'audit-unrecordable',
  'an outcome the audit trail can never accept waits for a person, who may let it go',
  async (s) => {
    const settled = await s.client.provision(s.request());
    assert.ok(settled.kind === 'parked');
    assert.equal(settled.reason, 'audit-unrecordable');
    const order = { agentId: s.agentId, operator: 'kim', note: 'noted by hand' } as const;
    const again = await s.client.reconcile({ ...order, action: 'retry' });
    assert.ok(again.kind === 'parked');
    const after = await s.client.reconcile({ ...order, action: 'abandon' });
    assert.ok(after.kind === 'ended');
    assert.equal(after.outcome.status, 'provisioned');
  },
  { agent: { skills: HUGE_INVENTORY } },
);

branch(
  'notify',
  'a workflow that asked for it is told how a request ended; one that is gone is not missed',
  async (s) => {
    const listener = uniqueName('listener');
    const notifyWorkflowId = provisionWorkflowId(s.tenantId, listener);
    s.simulator.addAgent({ agentId: listener, state: 'CALL' });
    await s.temporal.workflow.start('ProvisionSkillWorkflow', {
      workflowId: notifyWorkflowId,
      taskQueue: s.taskQueue,
      args: [s.request({ agentId: listener })],
    });
    await s.until(({ state }) => state === 'AwaitingIdle', notifyWorkflowId);
    await s.client.provision(s.request({ notifyWorkflowId }));
    const handle = s.temporal.workflow.getHandle(notifyWorkflowId);
    await handle.cancel();
    await handle.result();
    const { events } = await handle.fetchHistory();
    const signals = (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => signal ?? []);
    assert.deepEqual(
      signals.map(({ signalName }) => signalName),
      ['requestSettled'],
    );
    const settled = await s.client.provision(
      s.request({ changes: [assign('skill-chat', 1)], notifyWorkflowId: uniqueName('gone') }),
    );
    assert.ok(settled.kind === 'ended');
    assert.equal(settled.outcome.status, 'provisioned');
  },
);

branch('carried-by-hand', 'what a run hands over is taken from nobody but the run before', async (s) => {
  const { workflowId, taskQueue } = s;
  const args = [s.request(), { open: 'nonsense' }];
  const handle = await s.temporal.workflow.start(PROVISION_WORKFLOW, { workflowId, taskQueue, args });
  const result = (await handle.result()) as ProvisionResult;
  assert.deepEqual(
    result.outcomes.map(({ status }) => status),
    ['provisioned'],
  );
});
