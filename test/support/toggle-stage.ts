import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Info } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { ToggleCommand, ToggleResult } from '../../activities/contract.ts';
import { DEMO_TENANT_ID, type FaultAction } from '../../simulator/index.ts';
import { AGENT, startStage, type Stage } from './activity-stage.ts';

/** A toggle whose gap is 500 ms on a stage's clock. */
export const TOGGLE: ToggleCommand = {
  tenantId: DEMO_TENANT_ID,
  agentId: AGENT,
  requestTimeoutMs: 5_000,
  gapMs: 5,
  mode: 'toggle',
};

/** What a toggle asks of the platform first. */
export const OUT = { state: 'NOTAVAILABLE', reason: 'ADMINISTRATIVE' };

export function toggle(
  stage: Stage,
  command: Partial<ToggleCommand> = {},
  info: Partial<Info> = {},
): Promise<ToggleResult> {
  return stage.run('toggleState', { ...TOGGLE, ...command }, stage.environment(info));
}

/** What an attempt failed with; throws if it did not. */
export async function failureOf(attempt: Promise<unknown>): Promise<ApplicationFailure> {
  const failure = await attempt.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(failure instanceof ApplicationFailure, 'the attempt should have failed');
  return failure;
}

/** The states that were asked for, in order. */
export function asked(stage: Stage): unknown[] {
  const changes = stage.calls().filter(({ operation }) => operation === 'patchState');
  return changes.map(({ body }) => (body as { state?: unknown }).state);
}

/** A stage on which the `nth` change of the state meets a fault. */
export async function faulty(t: TestContext, nth: number, fault: FaultAction): Promise<Stage> {
  const stage = await startStage(t);
  stage.simulator.addFault({ on: 'patchState', nth, do: fault });
  return stage;
}
