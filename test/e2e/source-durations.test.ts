/**
 * The durations that the platform's description gives, with the default policy and nothing scaled: the run's clock jumps
 * from wait to wait. The simulator's clock is the real one, so that what lasts there is scripted by the run's clock.
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { createProvisioningClient } from '../../client/index.ts';
import { DEFAULT_POLICY } from '../../domain/policy.ts';
import { startStack, type Stack, type StackOptions } from '../support/stack.ts';
import {
  connectInVirtualTime,
  virtualHistory,
  virtualNow,
  virtualTimeAddress,
  type VirtualHistory,
} from '../support/virtual-time.ts';

const SECOND = 1_000;
const DAY = 24 * 3600 * SECOND;

interface VirtualStack extends Stack {
  /** By the clock of the agent's run. */
  now(): Promise<number>;
  history(): Promise<VirtualHistory>;
}

async function startInVirtualTime(t: TestContext, agent: StackOptions['agent'] = {}): Promise<VirtualStack> {
  const stack = await startStack(t, {
    temporalAddress: virtualTimeAddress,
    policy: DEFAULT_POLICY,
    simulator: { timeScale: 1 },
    agent,
  });
  const temporal = await connectInVirtualTime();
  return {
    ...stack,
    client: createProvisioningClient({ temporal, tenantId: stack.tenantId, taskQueue: stack.taskQueue }),
    now: () => virtualNow(temporal, stack.workflowId),
    history: () => virtualHistory(temporal, stack.workflowId),
  };
}

function ofType({ activities }: VirtualHistory, wanted: string): VirtualHistory['activities'] {
  return activities.filter(({ type }) => type === wanted);
}

/** From the first answer to a PATCH to the end of the last look at routing. */
function watchedRoutingMs(history: VirtualHistory): number {
  const written = ofType(history, 'patchSkills')[0]?.endedAt ?? NaN;
  return (ofType(history, 'verifyRouting').at(-1)?.endedAt ?? NaN) - written;
}

/** The run waited by timers of these durations, in this order, and not a moment shorter. */
function assertWaits({ timers }: VirtualHistory, expectedMs: readonly number[]): void {
  assert.deepEqual(
    timers.map(({ askedMs }) => askedMs),
    expectedMs,
  );
  for (const { askedMs, tookMs } of timers) assertAtLeast(tookMs, askedMs);
}

/** The last timer marked the case escalated a day after it was parked; the trail was told of it in between. */
function assertEscalatedAfterADay({ timers, ...rest }: VirtualHistory, since: string | undefined): VirtualHistory {
  assertAtLeast((timers.at(-1)?.firedAt ?? NaN) - Date.parse(since ?? ''), DAY);
  return { ...rest, timers: timers.slice(0, -1) };
}

function assertAtLeast(actualMs: number, expectedMs: number): void {
  assert.ok(actualMs >= expectedMs, `${actualMs} ms instead of ${expectedMs} ms`);
}

test('after each conflict 30 s pass, the fifth in a row goes to a person, and a day later the case is escalated', async (t) => {
  const s = await startInVirtualTime(t);
  s.simulator.addFault({ on: 'patchAgent', do: { kind: 'answer', status: 412 } });
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'parked', JSON.stringify(settled));
  assert.equal(settled.reason, 'conflict-limit');
  await s.until(({ escalated }) => escalated === true);
  assert.equal(s.writes().length, 5);
  const before = assertEscalatedAfterADay(await s.history(), settled.since);
  assertWaits(before, Array<number>(4).fill(30 * SECOND));
});

test('a lock that workforce management holds for its 120 s is outlasted', async (t) => {
  const s = await startInVirtualTime(t);
  s.simulator.lock(s.agentId, DAY);
  let lockedAt: number | undefined;
  const unlockInTime = async (): Promise<void> => {
    const now = await s.now();
    lockedAt ??= now;
    if (now - lockedAt >= 120 * SECOND) s.simulator.lock(s.agentId, 0);
  };
  s.simulator.addFault({ on: 'patchAgent', do: { kind: 'call', when: 'before', run: unlockInTime } });
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'ended', JSON.stringify(settled));
  assert.equal(settled.outcome.status, 'provisioned');
  const patches = s.writes().filter(({ operation }) => operation === 'patchAgent');
  assert.deepEqual(
    patches.map(({ status }) => status),
    [409, 422, 422, 422, 200],
  );
  assertWaits(await s.history(), Array<number>(4).fill(30 * SECOND));
});

test('a lock that does not end is waited for in steps of 30 s and goes to a person after 150 s', async (t) => {
  const s = await startInVirtualTime(t);
  s.simulator.lock(s.agentId, DAY);
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'parked', JSON.stringify(settled));
  assert.equal(settled.reason, 'lock-timeout');
  await s.until(({ escalated }) => escalated === true);
  const history = assertEscalatedAfterADay(await s.history(), settled.since);
  assertWaits(history, Array<number>(5).fill(30 * SECOND));
  const [first] = ofType(history, 'patchSkills');
  assertAtLeast(Date.parse(settled.since ?? '') - (first?.endedAt ?? NaN), 150 * SECOND);
});

test('routing has 10 s after each toggle, and the third toggle may be the one that helps', async (t) => {
  const s = await startInVirtualTime(t);
  s.simulator.disturbRouting(s.agentId, { never: true });
  const help = (): void => s.simulator.disturbRouting(s.agentId, { never: false });
  // A toggle sets the state twice.
  s.simulator.addFault({ on: 'patchState', nth: 6, do: { kind: 'call', when: 'before', run: help } });
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'ended', JSON.stringify(settled));
  assert.equal(settled.outcome.status, 'provisioned');
  const [first, second, third] = ofType(await s.history(), 'toggleState');
  assertAtLeast((second?.scheduledAt ?? NaN) - (first?.endedAt ?? NaN), 10 * SECOND);
  assertAtLeast((third?.scheduledAt ?? NaN) - (second?.endedAt ?? NaN), 10 * SECOND);
});

test('routing that has not followed after three toggles and 60 s goes to a person, and the agent is in the queue', async (t) => {
  const s = await startInVirtualTime(t);
  s.simulator.disturbRouting(s.agentId, { never: true });
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'parked', JSON.stringify(settled));
  assert.equal(settled.reason, 'routing-not-synchronised');
  const history = await s.history();
  assert.equal(ofType(history, 'toggleState').length, 3);
  assertAtLeast(watchedRoutingMs(history), 60 * SECOND);
  assert.equal(s.agent().state, 'AVAILABLE');
});

test('routing that takes 45 s to follow, for an agent on a break, is waited for without a toggle', async (t) => {
  const s = await startInVirtualTime(t, { state: 'NOTAVAILABLE', reason: 'LUNCH' });
  s.simulator.disturbRouting(s.agentId, { never: true });
  let changedAt: number | undefined;
  const followInTime = async (): Promise<void> => {
    const now = await s.now();
    changedAt ??= now;
    if (now - changedAt < 45 * SECOND) return;
    const body = { agentId: s.agentId, skills: s.agent().skills };
    s.simulator.addFault({ on: 'getRouting', do: { kind: 'answer', status: 200, body } });
  };
  s.simulator.addFault({ on: 'getRouting', do: { kind: 'call', when: 'before', run: followInTime } });
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'ended', JSON.stringify(settled));
  assert.equal(settled.outcome.status, 'provisioned');
  assert.equal(settled.outcome.toggles, 0);
  assertAtLeast(watchedRoutingMs(await s.history()), 45 * SECOND);
  assert.equal(s.agent().state, 'NOTAVAILABLE');
});
