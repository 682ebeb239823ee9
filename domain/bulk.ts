import type { ProvisionRequest } from './request.ts';

/** One request of a bulk. `line` is where it stands in the caller's input; it comes back in the report. */
export type BulkRequest = Omit<ProvisionRequest, 'tenantId' | 'notifyWorkflowId'> & { line?: number };

/** The registered names of the workflows of bulks. */
export const BULK_WORKFLOW = 'BulkProvisionWorkflow';
export const BULK_PAGE_WORKFLOW = 'BulkPageWorkflow';

export const BULK_ID_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

/** A page travels as one start argument, and comes back as one result: both have to fit into 2 MB. */
export const MAX_PAGE_REQUESTS = 500;
export const MAX_PAGE_CHANGES = 5_000;
export const MAX_PAGE_BYTES = 1_000_000;
/** The coordinator carries a line about each page. */
export const MAX_PAGES = 2_000;
export const MAX_PER_MINUTE = 100_000;

export function bulkWorkflowId(tenantId: string, bulkId: string): string {
  return `bulk/${tenantId}/${bulkId}`;
}

/** Pages are counted from 0. */
export function bulkPageWorkflowId(tenantId: string, bulkId: string, page: number): string {
  return `${bulkWorkflowId(tenantId, bulkId)}/${page}`;
}
