import { defineUpdate } from '@temporalio/workflow';

/** A worker asks for permits. One permit lets one PATCH of skills out. */
export interface PermitOrder {
  /** How many are wanted now; 0 only asks how long the queue is. */
  count: number;
  /** The tenant's limit, as this worker is configured. */
  agentsPerMinute: number;
  /** How long the permits should be good for: a multiple of what an answer takes to come back. */
  validMs: number;
  /** Writes that this worker has sent away since it last asked; each will come back for a permit. */
  deferred?: number;
  /** The platform has answered 429: nobody gets a permit for so long. */
  throttledMs?: number;
}

export interface PermitGrant {
  /** At most what was wanted. */
  granted: number;
  /** How long a permit is good for, counted by the worker from when it sent its order, so that no clocks are compared. */
  validMs: number;
  /** When to ask again, if less was granted than wanted. */
  retryAfterMs: number;
  /** How long a write that comes now would have to wait for its turn. */
  backlogMs: number;
  /** Between two permits, while they are scarce. */
  spacingMs: number;
}

export const acquirePermitsUpdate = defineUpdate<PermitGrant, [PermitOrder]>('acquirePermits');
