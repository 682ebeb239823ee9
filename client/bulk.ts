import type { OutcomeStatus, Problem, RequestOutcome } from '../domain/outcome.ts';
import type { ProvisionRequest } from '../domain/request.ts';
import type { ReconciliationReason } from '../workflows/provision-skill.messages.ts';

/** One request of a bulk. `line` is where it stands in the caller's input; it comes back in the report. */
export type BulkRequest = Omit<ProvisionRequest, 'tenantId' | 'notifyWorkflowId'> & { line?: number };

/** At most 500 requests with 5,000 changes in all, and 1 MB as JSON. */
export interface BulkPage {
  requests: BulkRequest[];
}

export interface NewBulk {
  /** `^[A-Za-z0-9_-]{1,64}$`. The same id with the same pages joins the first one; nothing is done twice. */
  bulkId: string;
  pages: Iterable<BulkPage> | AsyncIterable<BulkPage>;
  /** Requests submitted a minute at most; by default as many as the tenant's pace lets through. */
  perMinute?: number;
}

/** Who gives an order about a bulk. */
export interface BulkOrder {
  bulkId: string;
  by: string;
  note: string;
}

export interface SubmittedBulk {
  bulkId: string;
  workflowId: string;
  pages: number;
  requests: number;
}

/**
 * How a line of the report ends. `open`: submitted, not settled yet. `waiting`: not submitted yet. `not-submitted`: the
 * bulk was cancelled before. `awaiting-reconciliation`: a person decides.
 */
export type BulkLineStatus = OutcomeStatus | 'awaiting-reconciliation' | 'open' | 'waiting' | 'not-submitted';

/** One request of a bulk and what became of it. */
export interface BulkReportLine {
  line?: number;
  agentId: string;
  requestId: string;
  status: BulkLineStatus;
  /** Set once it has ended; before and after are `previousLevel` and `level` of its changes. */
  outcome?: RequestOutcome;
  /** Why it waits for a person. */
  reason?: ReconciliationReason;
  /** Why it was refused or could not be followed up. */
  problem?: Problem;
}

export interface BulkProgress {
  bulkId: string;
  state: 'running' | 'paused' | 'cancelling' | 'completed' | 'cancelled';
  /** Set while `running` or `paused`, if an order has set one. */
  perMinute?: number;
  pages: number;
  requests: number;
  submitted: number;
  /** Ended or waiting for a person. */
  settled: number;
  /** By status, settled requests only. */
  counts: Partial<Record<BulkLineStatus, number>>;
  /** Settled in the last minute. */
  settledPerMinute: number;
  /** At that speed; absent while nothing is settled. */
  remainingMs?: number;
  startedAt: string;
  endedAt?: string;
}

export interface BulkWaitOptions {
  /** Told now and then, at most once a second. */
  onProgress?: (progress: BulkProgress) => void;
  /** Ends the wait; the bulk goes on. */
  signal?: AbortSignal;
}

/** Bulks of one tenant: `client.bulk`. */
export interface BulkClient {
  /** Throws `InvalidRequestError`, `BulkIdReusedError`, `TemporalUnreachableError`. A repeat after any error is safe. */
  submit(bulk: NewBulk): Promise<SubmittedBulk>;
  /** Throws `UnknownBulkError`, `NoWorkerError`. */
  progress(bulkId: string): Promise<BulkProgress>;
  /** Waits until every request has ended or waits for a person. */
  wait(bulkId: string, options?: BulkWaitOptions): Promise<BulkProgress>;
  /** Nothing new is submitted; what is under way goes on. Throws `BulkClosedError` if it has ended, as the others do. */
  pause(order: BulkOrder): Promise<void>;
  resume(order: BulkOrder): Promise<void>;
  /** Without `perMinute`: as fast as the tenant's pace lets through. */
  setRate(order: BulkOrder & { perMinute?: number }): Promise<void>;
  /** Nothing new is submitted, and what is under way is cancelled. */
  cancel(order: BulkOrder): Promise<void>;
  /** One line per request, in the order of the input; of an open bulk, as it stands now. */
  report(bulkId: string): AsyncIterable<BulkReportLine>;
}
