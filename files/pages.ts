import { createHash } from 'node:crypto';
import { MAX_PAGE_BYTES, MAX_PAGE_CHANGES, MAX_PAGE_REQUESTS } from '../domain/bulk.ts';
import type { BulkItem } from './bulk-input.ts';

/** A request of a bulk; its id is the same whenever the same file is submitted under the same id. */
export type PagedRequest = BulkItem & { requestId: string };

export interface BulkPages {
  bulkId: string;
  pages: { requests: PagedRequest[] }[];
}

/** Room for what is around the requests of a page, and for a policy in each of them. */
const MAX_BYTES = 0.8 * MAX_PAGE_BYTES;

/** SHA-256, hex. */
export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Cuts requests into pages, in their order. Without a `bulkId` the file's digest makes one, so a file that is submitted
 * twice does nothing twice, and a person who wants it done again has to say so.
 */
export function toPages(
  items: readonly BulkItem[],
  fileDigest: string,
  bulkId = `file-${fileDigest.slice(0, 24)}`,
): BulkPages {
  const prefix = digestOf(Buffer.from(`${bulkId}\n${fileDigest}`)).slice(0, 24);
  const pages: BulkPages['pages'] = [];
  let room = { requests: 0, changes: 0, bytes: 0 };
  for (const [index, item] of items.entries()) {
    const request = { requestId: `${prefix}-${index}`, ...item };
    const bytes = Buffer.byteLength(JSON.stringify(request)) + 1;
    const changes = item.changes.length;
    if (room.requests < 1 || room.changes < changes || room.bytes < bytes) {
      pages.push({ requests: [] });
      room = { requests: MAX_PAGE_REQUESTS, changes: MAX_PAGE_CHANGES, bytes: MAX_BYTES };
    }
    pages.at(-1)?.requests.push(request);
    room = { requests: room.requests - 1, changes: room.changes - changes, bytes: room.bytes - bytes };
  }
  return { bulkId, pages };
}
