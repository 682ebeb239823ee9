import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { MAX_PAGE_BYTES, MAX_PAGE_CHANGES, MAX_PAGE_REQUESTS, type BulkRequest } from '../domain/bulk.ts';
import type { FieldProblem } from '../domain/field-problem.ts';
import { parseRequest } from '../domain/request.schema.ts';
import { InvalidRequestError } from './errors.ts';
import type { BulkPage } from './bulk.ts';

/** A page that may be stored, and a digest of what it asks for. */
export interface CheckedPage {
  requests: BulkRequest[];
  digest: string;
}

/** What is added to each request before it is checked. */
export interface PageContext {
  tenantId: string;
  complete: (request: BulkRequest) => BulkRequest;
  allowShortGap: boolean;
}

/** Problems of one page that are named; more would not be read. */
const MAX_PROBLEMS = 100;

/** Checks a page in full. Throws {@link InvalidRequestError} with the places in it, such as `pages.0.requests.3.agentId`. */
export function checkPage({ requests }: BulkPage, index: number, context: PageContext): CheckedPage {
  const { tenantId, complete, allowShortGap } = context;
  const at = `pages.${index}`;
  const problems: FieldProblem[] = [];
  if (!Array.isArray(requests) || requests.length < 1 || requests.length > MAX_PAGE_REQUESTS) {
    throw new InvalidRequestError([
      { path: `${at}.requests`, message: `must hold 1 to ${MAX_PAGE_REQUESTS} requests` },
    ]);
  }
  const seen = new Set<string>();
  const checked = requests.map((given, position): BulkRequest => {
    const { line, ...request } = complete(given);
    const parsed = parseRequest({ ...request, tenantId }, { allowShortGap });
    const where = `${at}.requests.${position}`;
    if (!parsed.ok) {
      problems.push(...parsed.problems.map(({ path, ...rest }) => ({ ...rest, path: `${where}.${path}` })));
      return given;
    }
    const key = `${request.agentId}/${request.requestId}`;
    if (seen.has(key)) problems.push({ path: `${where}.requestId`, message: 'is there already for this agent' });
    seen.add(key);
    if (line !== undefined && !(Number.isInteger(line) && line >= 0)) {
      problems.push({ path: `${where}.line`, message: 'must be a whole number' });
    }
    const { tenantId: _tenantId, ...valid } = parsed.request;
    return { ...valid, ...(line === undefined ? {} : { line }) };
  });
  if (problems.length > 0) throw new InvalidRequestError(problems.slice(0, MAX_PROBLEMS));
  const changes = checked.reduce((sum, request) => sum + request.changes.length, 0);
  const bytes = utf8ToBytes(JSON.stringify(checked));
  if (changes > MAX_PAGE_CHANGES) problems.push({ path: at, message: `must hold at most ${MAX_PAGE_CHANGES} changes` });
  if (bytes.length > MAX_PAGE_BYTES)
    problems.push({ path: at, message: `must be at most ${MAX_PAGE_BYTES} bytes of JSON` });
  if (problems.length > 0) throw new InvalidRequestError(problems);
  return { requests: checked, digest: bytesToHex(sha256(bytes)) };
}

/** The digest of all pages together. */
export function digestOfPages(digests: readonly string[]): string {
  return bytesToHex(sha256(utf8ToBytes(digests.join())));
}
