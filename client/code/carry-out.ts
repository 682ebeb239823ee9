import { inLanes } from '../../domain/lanes.ts';
import type { RequestOutcome } from '../../domain/outcome.ts';
import { ProvisioningError } from '../errors.ts';
import type { NewRequest, ProvisioningClient, SubmittedRequest } from '../provisioning-client.ts';
import type { ParkedRequest } from '../waiting.ts';

/** How a request stands when nobody waits for it any more. */
export type RequestEnd = { agentId: string; requestId: string } & (
  | { kind: 'ended'; outcome: RequestOutcome }
  | { kind: 'parked'; parked: ParkedRequest }
  /** Accepted; it goes on. */
  | { kind: 'running' }
  /** Not accepted, or lost with its run. */
  | { kind: 'error'; code: string; message: string }
);

export interface CarryOutOptions {
  /** For all of them together; default 15 minutes. They go on after it. */
  timeoutMs?: number;
  /** Ends the wait, and the submission of what is not submitted yet. */
  signal?: AbortSignal;
  /** Called before a request is submitted; what it throws ends everything. */
  onSubmit?: (request: NewRequest & { requestId: string }) => void;
  onEnd?: (end: RequestEnd) => void;
}

const SUBMIT_LANES = 10;
const WAIT_LANES = 50;
const DEFAULT_TIMEOUT_MS = 15 * 60_000;

/** Submits requests, all of them before it waits: an agent in a call must not hold the others up. */
export async function carryOut(
  client: Pick<ProvisioningClient, 'submit'>,
  requests: readonly (NewRequest & { requestId: string })[],
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal, onSubmit, onEnd }: CarryOutOptions = {},
): Promise<RequestEnd[]> {
  const ends: RequestEnd[] = [];
  const end = (result: RequestEnd): void => {
    ends.push(result);
    onEnd?.(result);
  };
  const deadline = Date.now() + timeoutMs;
  const submitted: SubmittedRequest[] = [];
  await inLanes(requests, SUBMIT_LANES, async (request) => {
    const { agentId, requestId } = request;
    if (signal?.aborted === true) {
      end({ agentId, requestId, kind: 'error', code: 'not-submitted', message: 'Stopped before it was submitted.' });
      return;
    }
    onSubmit?.(request);
    try {
      submitted.push(await client.submit(request));
    } catch (error) {
      end({ agentId, requestId, ...asEnd(error) });
    }
  });
  await inLanes(submitted, WAIT_LANES, async (request) => {
    const { agentId, requestId } = request;
    try {
      const left = Math.max(deadline - Date.now(), 1);
      const settled = await request.result({ timeoutMs: left, ...(signal === undefined ? {} : { signal }) });
      if (settled.kind === 'ended') end({ agentId, requestId, kind: 'ended', outcome: settled.outcome });
      else end({ agentId, requestId, kind: 'parked', parked: settled });
    } catch (error) {
      end({ agentId, requestId, ...asEnd(error) });
    }
  });
  return ends;
}

function asEnd(error: unknown): { kind: 'running' } | { kind: 'error'; code: string; message: string } {
  if (!(error instanceof ProvisioningError)) throw error;
  const { code, message } = error;
  return code === 'still-running' || code === 'interrupted' ? { kind: 'running' } : { kind: 'error', code, message };
}
