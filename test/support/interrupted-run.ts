import assert from 'node:assert/strict';
import type { Settlement } from '../../client/index.ts';
import { createTemporalLink } from '../../client/temporal-link.ts';
import { waitForSettlement } from '../../client/waiting.ts';
import type { PolicyOverrides } from '../../domain/policy.ts';
import type { LedgerEntry } from '../../simulator/index.ts';
import type { Stack } from './stack.ts';
import type { WorkerProcess } from './worker-process.ts';

/** A busy machine is slow and not out of reach; nothing that is tested with workers that stop is timed by these. */
export const PATIENCE: PolicyOverrides = {
  requestTimeout: '30s',
  idleLimit: '1m',
  outageLimit: '1m',
  propagationWindow: '20s',
};

/** Starts the default request; answers what waits for its end. The worker may take its time, and die of it. */
export async function startRequest(stack: Stack): Promise<() => Promise<Settlement>> {
  const request = stack.request();
  const { agentId, requestId } = request;
  const { workflowId, runId } = await (await stack.start(request)).describe();
  const link = createTemporalLink(stack.temporal);
  return () => waitForSettlement(link, { agentId, requestId, workflowId, runId });
}

/** The default request has ended as it should, by the platform and by every invariant. */
export async function assertProvisioned(stack: Stack, settled: Settlement): Promise<void> {
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'provisioned');
  const { state, skills, routing } = stack.agent();
  assert.equal(state, 'AVAILABLE');
  const wanted = [
    { skillId: 'skill-base', level: 2 },
    { skillId: 'skill-voice', level: 4 },
  ];
  assert.deepEqual(skills, wanted);
  assert.deepEqual(routing, wanted);
  const taken = stateChanges(stack).filter((entry) => entry.applied && stateIn(entry) === 'NOTAVAILABLE');
  assert.ok(taken.length <= 3, `${taken.length} toggles`);
  assert.ok(settled.outcome.toggles >= taken.length, 'the outcome owns up to every toggle');
  await stack.finish();
}

/** Every call that asked for a state, in order. */
export function stateChanges(stack: Stack): LedgerEntry[] {
  return stack.writes().filter(({ operation }) => operation === 'patchState');
}

/** The state that a call asked for. */
export function stateIn({ operation, body }: LedgerEntry): unknown {
  return operation === 'patchState' ? (body as { state?: unknown }).state : undefined;
}

/** Whether a process made a call, by its User-Agent. */
export function isOf({ pid }: WorkerProcess, { userAgent }: LedgerEntry): boolean {
  return userAgent?.includes(`-${pid}-`) === true;
}
