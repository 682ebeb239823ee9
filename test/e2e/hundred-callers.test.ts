import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createProvisioningClient,
  NotAcceptedError,
  TemporalUnreachableError,
  type ProvisioningClient,
  type QueueItem,
  type Settlement,
} from '../../client/index.ts';
import type { ProvisionRequest } from '../../domain/request.ts';
import { readTrail } from '../../audit/read-trail.ts';
import { TEST_SKILLS, assign, startStack, type Stack } from '../support/stack.ts';
import { shortHistoriesAddress } from '../support/temporal.ts';

const CALLERS = 100;
/** Callers who deliver a request that another one delivers as well. */
const REPEATS = 15;
const LOST = { skillId: 'skill-lost', name: 'lost' };
const SKILLS = Array.from({ length: 10 }, (_, index) => ({ skillId: `skill-${index}`, name: `skill ${index}` }));

test('of a hundred callers at once on one agent each gets the outcome of their own request, once', async (t) => {
  const s = await startStack(t, {
    temporalAddress: shortHistoriesAddress,
    simulator: { skills: [...TEST_SKILLS, ...SKILLS, LOST] },
  });
  const { taskQueue } = s;
  const temporal = { namespace: 'default', connection: { address: s.env['TEMPORAL_ADDRESS'] ?? '' } };
  const client = createProvisioningClient({ temporal, tenantId: s.env['CXONE_TENANT_ID'] ?? '', taskQueue });
  t.after(() => client.close());
  // The skill vanishes as it is written, so that routing never uses it and a person has to look.
  s.simulator.addFault({
    on: 'patchAgent',
    do: {
      kind: 'call',
      when: 'before',
      run: ({ body }) => {
        if (JSON.stringify(body).includes(LOST.skillId)) s.simulator.removeSkill(LOST.skillId);
      },
    },
  });
  const distinct = Array.from({ length: CALLERS - REPEATS }, (_, index) =>
    s.request({
      changes: [index === 7 ? assign(LOST.skillId, 3) : assign(`skill-${index % SKILLS.length}`, 1 + (index % 5))],
    }),
  );
  const wishes = [...distinct, ...distinct.slice(0, REPEATS)];
  const parked = distinct[7]?.requestId ?? '';

  const resolved = untilParked(client, s.agentId, parked, t.signal).then(() => {
    s.simulator.addSkill(LOST);
    return client.reconcile({ agentId: s.agentId, requestId: parked, action: 'retry', operator: 'lee', note: 'back' });
  });
  const [decided, ...settled] = await Promise.all([
    resolved,
    ...wishes.map((wish) => call(client, wish, resolved, t.signal)),
  ]);

  assert.ok(decided.kind === 'ended');
  assert.equal(decided.outcome.status, 'provisioned');
  for (const [index, wish] of wishes.entries()) {
    const own = settled[index];
    assert.ok(own?.kind === 'ended', `request ${wish.requestId} did not end`);
    assert.equal(own.outcome.requestId, wish.requestId);
    assert.equal(own.outcome.changes[0]?.requestedLevel, levelOf(wish));
    assert.match(own.outcome.status, /^(?:provisioned|unchanged)$/);
  }
  for (let index = 0; index < REPEATS; index += 1) {
    const [one, other] = [settled[index], settled[CALLERS - REPEATS + index]];
    assert.ok(one?.kind === 'ended' && other?.kind === 'ended');
    assert.deepEqual(other.outcome, one.outcome);
  }

  const ended = await outcomesInTrail(s);
  assert.deepEqual(ended.sort(), distinct.map(({ requestId }) => requestId).sort());
  let continued = 0;
  for await (const { status } of s.temporal.workflow.list({ query: `WorkflowId = "${s.workflowId}"` })) {
    if (status.name === 'CONTINUED_AS_NEW') continued += 1;
  }
  assert.ok(continued >= 2, `the run continued as new ${continued} times`);
  t.diagnostic(`the run continued as new ${continued} times`);
  await s.finish();
});

/** A caller who hears that the request waits for a person, and repeats it when that person has decided. */
async function call(
  client: ProvisioningClient,
  request: ProvisionRequest,
  resolved: Promise<unknown>,
  signal: AbortSignal,
): Promise<Settlement> {
  const first = await deliver(client, request, signal);
  if (first.kind === 'ended') return first;
  await resolved;
  return deliver(client, request, signal);
}

/** Repeats a request that was not accepted in time, or met a server too busy to answer, as it is told to. */
async function deliver(
  client: ProvisioningClient,
  request: ProvisionRequest,
  signal: AbortSignal,
): Promise<Settlement> {
  const { tenantId: _tenantId, ...asked } = request;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await client.provision(asked);
    } catch (error) {
      if (!(error instanceof NotAcceptedError || error instanceof TemporalUnreachableError)) throw error;
    }
  }
}

async function untilParked(client: ProvisioningClient, agentId: string, requestId: string, signal: AbortSignal) {
  const isMeant = (item: QueueItem): boolean => item.agentId === agentId && item.requestId === requestId;
  while (!(await client.queue()).some(isMeant)) signal.throwIfAborted();
}

function levelOf({ changes: [change] }: ProvisionRequest): number {
  return change?.action === 'assign' ? change.level : 0;
}

async function outcomesInTrail({ auditFile }: Stack): Promise<string[]> {
  const ids: string[] = [];
  for await (const { data } of readTrail(auditFile)) if (data.stage === 'outcome') ids.push(data.requestId);
  return ids;
}
