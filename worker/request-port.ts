import type { RequestPort } from '../activities/deps.ts';
import { InvalidRequestError, NothingToCancelError, RequestIdReusedError, WaitAbortedError } from '../client/errors.ts';
import { cancelRequest } from '../client/orders.ts';
import { submitRequest } from '../client/submission.ts';
import type { TemporalLink } from '../client/temporal-link.ts';
import { provisionWorkflowId } from '../domain/workflow-id.ts';

/** Hands requests to the runs of agents on `taskQueue` by the library that callers use. */
export function createRequestPort(link: TemporalLink, taskQueue: string): RequestPort {
  return {
    async submitRequest(request) {
      try {
        const { outcome } = await submitRequest(link, taskQueue, request);
        return { kind: 'taken', ...(outcome === undefined ? {} : { outcome }) };
      } catch (error) {
        if (!(error instanceof InvalidRequestError) && !(error instanceof RequestIdReusedError)) throw error;
        return { kind: 'refused', problem: { code: error.code, message: error.message } };
      }
    },
    async cancelRequest({ tenantId, agentId, ...order }) {
      const target = { agentId, workflowId: provisionWorkflowId(tenantId, agentId), taskQueue };
      // The outcome comes to the workflow as a signal, so nobody waits for it here.
      const dontWait = { signal: AbortSignal.abort() };
      try {
        await cancelRequest(link, target, { agentId, ...order }, dontWait);
      } catch (error) {
        if (error instanceof NothingToCancelError) return 'nothing-open';
        if (!(error instanceof WaitAbortedError)) throw error;
      }
      return 'taken';
    },
  };
}
