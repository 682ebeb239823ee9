import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { BulkRequest } from '../domain/bulk.ts';
import type { OutcomeStatus, Problem, RequestOutcome } from '../domain/outcome.ts';

/**
 * What became of a request of a bulk. `waiting`: not submitted yet. `open`: submitted, not settled yet.
 * `not-submitted`: the bulk was cancelled before. `awaiting-reconciliation`: a person decides.
 */
export type BulkLineStatus = OutcomeStatus | 'awaiting-reconciliation' | 'open' | 'waiting' | 'not-submitted';

/** One request in a page's result. */
export interface PageLine {
  status: BulkLineStatus;
  /** Set once it has ended; before and after are `previousLevel` and `level` of its changes. */
  outcome?: RequestOutcome;
  /** Why it waits for a person, or `blocked-by-reconciliation` behind a request that does. */
  reason?: string;
  /** Why it could not be submitted or followed up. */
  problem?: Problem;
}

/** Start argument of a page. */
export interface BulkPageInput {
  tenantId: string;
  bulkId: string;
  page: number;
  requests: BulkRequest[];
}

/** What a page returns: a line for each request, in order. */
export interface BulkPageResult {
  lines: PageLine[];
}

/** Who gives an order about a bulk, and why. */
export interface BulkOrder {
  by: string;
  note: string;
}

/** All that the coordinator has to say to a page; the last one holds. */
export interface PageOrder {
  /** It may submit. */
  isOpen: boolean;
  isPaused: boolean;
  /** Requests that may be under way at once. */
  slots: number;
  perMinute?: number;
  /** When the pages before it let the rate go on; unix milliseconds. */
  notBefore?: number;
  /** Nothing more is submitted, and what is under way is cancelled. */
  cancel?: BulkOrder;
  /** Nothing of the bulk is under way: the page need not stay for what waits behind other requests. Holds for good. */
  mayEnd?: true;
}

/** All that a page has to say to the coordinator; the last one holds. */
export interface PageReport {
  page: number;
  /** Still to be submitted. */
  waiting: number;
  /** Submitted, not settled. */
  open: number;
  /** When its rate lets the next request out; unix milliseconds. */
  nextAt: number;
  /** By status; settled requests only. */
  counts: Partial<Record<BulkLineStatus, number>>;
  /** Settled ones it stays for: they wait behind other requests, and a cancellation has to reach them. */
  blocked?: number;
  /** It has ended. */
  isClosed: boolean;
}

/** Start argument of the coordinator. */
export interface BulkInput {
  tenantId: string;
  bulkId: string;
  pages: number;
  requests: number;
  perMinute?: number;
}

export type BulkState = 'running' | 'paused' | 'cancelling' | 'completed' | 'cancelled';

/** How far a bulk is. Times are ISO 8601. */
export interface BulkProgress {
  bulkId: string;
  state: BulkState;
  /** If an order has set one. */
  perMinute?: number;
  pages: number;
  requests: number;
  submitted: number;
  /** Ended, waiting for a person, or never to be submitted. */
  settled: number;
  /** By status; settled requests only. */
  counts: Partial<Record<BulkLineStatus, number>>;
  /** Settled in the last minute. */
  settledPerMinute: number;
  startedAt: string;
  endedAt?: string;
}

export const steerPageSignal = defineSignal<[PageOrder]>('steerPage');
export const pageReportedSignal = defineSignal<[PageReport]>('pageReported');
export const pageLinesQuery = defineQuery<PageLine[]>('pageLines');
export const bulkProgressQuery = defineQuery<BulkProgress>('bulkProgress');
export const pauseBulkUpdate = defineUpdate<BulkProgress, [BulkOrder]>('pauseBulk');
export const resumeBulkUpdate = defineUpdate<BulkProgress, [BulkOrder]>('resumeBulk');
export const setBulkRateUpdate = defineUpdate<BulkProgress, [BulkOrder & { perMinute?: number }]>('setBulkRate');
export const cancelBulkUpdate = defineUpdate<BulkProgress, [BulkOrder]>('cancelBulk');
