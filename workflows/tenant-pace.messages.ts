import { defineUpdate } from '@temporalio/workflow';

/** A worker asks for permits. One permit lets one PATCH of skills out. */
export interface PermitOrder {
  /** Of its own, so that it can say later what became of what it got. */
  id?: string;
  /** How many are wanted now; 0 only asks how long the queue is. */
  count: number;
  /** The tenant's limit, as this worker is configured. */
  agentsPerMinute: number;
  /** How long the permits should be good for. They have to outlast the answer's way. */
  validMs: number;
  /** Those of them who are the first to get one, and are sent away otherwise: each books a turn and comes back for it. */
  deferred?: number;
  /** The platform has answered 429: nobody gets a permit for so long. */
  throttledMs?: number;
  /** What became of earlier orders. What is not told here counts as used at the end of its time. */
  settled?: SettledGrant[];
}

/** None of a grant's permits will be used any more, and no write that used one is under way. */
export interface SettledGrant {
  /** The order's. */
  id: string;
  /** How many were used; the others are given back. */
  used: number;
  /** By when the last of their writes was over, counted by the worker from when it sent the order. */
  withinMs: number;
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
