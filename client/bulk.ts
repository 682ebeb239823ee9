import type { BulkRequest } from '../domain/bulk.ts';
import type { BulkProgress, PageLine } from '../workflows/bulk.messages.ts';

export type { BulkRequest } from '../domain/bulk.ts';
export type { BulkLineStatus, BulkProgress } from '../workflows/bulk.messages.ts';

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

/** One request of a bulk and what became of it. */
export interface BulkReportLine extends PageLine {
  line?: number;
  agentId: string;
  requestId: string;
  /** As it was submitted. */
  request: BulkRequest;
}

export interface BulkWaitOptions {
  /** Told now and then, at most once a second. */
  onProgress?: (progress: BulkProgress) => void;
  /** Ends the wait; the bulk goes on. */
  signal?: AbortSignal;
}

/** Bulks of one tenant: `client.bulk`. Every method throws `TemporalUnreachableError` as others do. */
export interface BulkClient {
  /**
   * Stores the pages, then starts the bulk. Throws `InvalidRequestError` with nothing carried out, and
   * `BulkIdReusedError`. A repeat after any error is safe.
   */
  submit(bulk: NewBulk): Promise<SubmittedBulk>;
  /** Throws `UnknownBulkError`, `NoWorkerError`. */
  progress(bulkId: string): Promise<BulkProgress>;
  /** Waits until every request has ended or waits for a person. Throws `UnknownBulkError` and the signal's reason. */
  wait(bulkId: string, options?: BulkWaitOptions): Promise<BulkProgress>;
  /** Nothing new is submitted; what is under way goes on. Throws `BulkClosedError` if it has ended, as the others do. */
  pause(order: BulkOrder): Promise<BulkProgress>;
  resume(order: BulkOrder): Promise<BulkProgress>;
  /** Without `perMinute`: as fast as the tenant's pace lets through. */
  setRate(order: BulkOrder & { perMinute?: number }): Promise<BulkProgress>;
  /** Nothing new is submitted, and what is under way is cancelled. */
  cancel(order: BulkOrder): Promise<BulkProgress>;
  /** One line per request, in the order of the input; of an open bulk, as it stands now. Throws `UnknownBulkError`. */
  report(bulkId: string): AsyncIterable<BulkReportLine>;
}
