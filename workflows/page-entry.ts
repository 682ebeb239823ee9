import type { BulkRequest } from '../domain/bulk.ts';
import type { Problem } from '../domain/outcome.ts';
import type { PageLine } from './bulk.messages.ts';

/** One request of a page. Times are unix milliseconds. */
export interface Entry {
  /** Gone once it is settled: then only the line is needed. */
  request?: BulkRequest;
  line: PageLine;
  /** How often it could not be handed over, and when to try again. */
  refusals: number;
  notBefore: number;
  /** When to look it up, if nothing is heard until then, and how long to wait after that. */
  lookAt: number;
  lookEveryMs: number;
  /** Not looked up yet since it was submitted. */
  isFresh: boolean;
  cancelled: boolean;
  /** Nobody could say whether its run has it when the bulk was cancelled. */
  isDoubtful?: true;
  /** Once it was found to wait behind another request, it is kept for as long as the bulk may be cancelled. */
  isKept?: true;
}

/** An entry that is not settled. */
export type OpenEntry = Entry & { request: BulkRequest };

export function newEntry(request: BulkRequest): Entry {
  return {
    request,
    line: { status: 'waiting' },
    refusals: 0,
    notBefore: 0,
    lookAt: 0,
    lookEveryMs: 0,
    isFresh: true,
    cancelled: false,
  };
}

export function keyOf({ agentId, requestId }: { agentId: string; requestId: string }): string {
  return `${agentId}/${requestId}`;
}

/** Its run is gone; one that was never known to have been taken was not, unless a run was terminated with it. */
export function lineOfGone({ isDoubtful }: Entry, problem: Problem): PageLine {
  if (isDoubtful === true && problem.code === 'unknown-request') return { status: 'not-submitted' };
  return { status: 'failed', problem };
}
