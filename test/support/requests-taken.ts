import type { Client } from '@temporalio/client';
import { decodeFromPayloadsAtIndex } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { ProvisionRequest } from '../../domain/request.ts';
import { PROVISION_WORKFLOW } from '../../domain/workflow-id.ts';

/** The requests of these ids: those that the test has made, and those that something else has made for it. */
export async function requestsOf(
  settled: readonly { requestId: string }[],
  made: readonly ProvisionRequest[],
  { temporal, taskQueue }: { temporal: Client; taskQueue: string },
): Promise<ProvisionRequest[]> {
  const isMissing = settled.some((one) => made.every(({ requestId }) => requestId !== one.requestId));
  const taken = isMissing ? await requestsTaken(temporal, taskQueue) : [];
  const all = new Map([...taken, ...made].map((request) => [request.requestId, request]));
  return settled.flatMap(({ requestId }) => all.get(requestId) ?? []);
}

/** Every request that runs of a task queue were started with or have taken in, as their histories say. */
export async function requestsTaken(temporal: Client, taskQueue: string): Promise<ProvisionRequest[]> {
  const taken: ProvisionRequest[] = [];
  const query = `TaskQueue = "${taskQueue}" AND WorkflowType = "${PROVISION_WORKFLOW}"`;
  for await (const { workflowId, runId } of temporal.workflow.list({ query })) {
    const { events } = await temporal.workflow.getHandle(workflowId, runId).fetchHistory();
    const payloads = (events ?? []).flatMap((event) => [
      event.workflowExecutionStartedEventAttributes?.input?.payloads?.[0],
      event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input?.args?.payloads?.[0],
    ]);
    for (const payload of payloads) {
      const { loadedDataConverter, namespace } = temporal.options;
      const context = { type: 'workflow' as const, namespace, workflowId };
      const value =
        payload &&
        (await decodeFromPayloadsAtIndex<Partial<ProvisionRequest>>(loadedDataConverter, 0, [payload], context));
      // Orders of people are updates too.
      if (Array.isArray(value?.changes)) taken.push(value as ProvisionRequest);
    }
  }
  return taken;
}
