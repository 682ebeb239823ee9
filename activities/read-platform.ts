import { Context } from '@temporalio/activity';
import { FAILURE } from '../domain/failure-types.ts';
import { describeInventory, shows } from '../domain/inventory.ts';
import type { CallOptions } from '../cxone/authorized-wire.ts';
import type { AgentCall, IdleState, ProvisioningActivities } from './contract.ts';
import { requirePlatform, type ActivityDeps } from './deps.ts';
import { stillWaiting, toFailure } from './failure.ts';
import { assertClearOfShifts } from './shift-boundary.ts';

type ReadActivities = Pick<ProvisioningActivities, 'fetchAgent' | 'awaitIdleState' | 'verifyRouting'>;

/** Reads of one agent. Each looks once; waiting is done by the retries, which add nothing to the history. */
export function createReadActivities(deps: ActivityDeps): ReadActivities {
  return {
    async fetchAgent(input) {
      // A write follows most readings.
      deps.paceFor(input.tenantId).expect();
      return asFailure(() => requirePlatform(deps, input.tenantId).getAgent(input.agentId, readOptions(input)));
    },

    async awaitIdleState(input) {
      assertClearOfShifts(deps, input);
      const { state } = await asFailure(() =>
        requirePlatform(deps, input.tenantId).getState(input.agentId, readOptions(input)),
      );
      if (isIdle(state)) return state;
      throw stillWaiting(FAILURE.notIdle, `the agent is in ${state}`, input.intervalMs, state);
    },

    async verifyRouting(input) {
      const routing = await asFailure(() =>
        requirePlatform(deps, input.tenantId).getRoutingSkills(input.agentId, readOptions(input)),
      );
      if (shows(routing, input.wishes)) return routing;
      const message = `routing does not show ${describeInventory(input.wishes)} yet`;
      throw stillWaiting(FAILURE.notInStep, message, input.intervalMs, routing);
    },
  };
}

/** The states in which skills may be changed. Others may exist beside those we know; in any other, wait. */
export function isIdle(state: string): state is IdleState {
  return state === 'AVAILABLE' || state === 'NOTAVAILABLE';
}

/** What a read says about its call: it ends with the activity. */
export function readOptions({ requestTimeoutMs }: AgentCall): CallOptions {
  return { timeoutMs: requestTimeoutMs, signal: Context.current().cancellationSignal };
}

/** Runs a call to the platform; whatever it throws becomes a failure of a known type. */
export async function asFailure<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toFailure(error);
  }
}
