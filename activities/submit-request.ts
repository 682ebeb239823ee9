import { FAILURE } from '../domain/failure-types.ts';
import type { RequestActivities } from './contract.ts';
import type { RequestPort } from './deps.ts';
import { failure } from './failure.ts';

/** Requests to the runs of agents, for workflows that make some. */
export function createRequestActivities(port: RequestPort): RequestActivities {
  return {
    submitRequest: ({ request }) => handedOver(request.requestId, () => port.submitRequest(request)),
    cancelRequest: (order) => handedOver(order.requestId, () => port.cancelRequest(order)),
  };
}

async function handedOver<T>(requestId: string, hand: () => Promise<T>): Promise<T> {
  try {
    return await hand();
  } catch (error) {
    const name = error instanceof Error ? error.name : typeof error;
    throw failure(FAILURE.notHandedOver, `request ${requestId} could not be handed over (${name})`);
  }
}
