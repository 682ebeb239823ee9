import { createReadStream } from 'node:fs';
import { FeedError } from './feed-error.ts';
import { timeLimit } from './time-limit.ts';

/** What a source answered. `tag` is its ETag, to be given back the next time. */
export interface Reading {
  text: string;
  tag?: string;
}

/** Reads a feed once; `unchanged` if the source says so of the reading with this tag. Throws a {@link FeedError}. */
export type FeedSource = (tag: string | undefined, signal: AbortSignal) => Promise<Reading | 'unchanged'>;

export interface UrlSource {
  url: string;
  userAgent: string;
  /** Sent as `Authorization: Bearer`; asked for each time, so that a rotation needs no restart. */
  token?: () => string;
}

const LONGEST_READ_MS = 10_000;
/** A schedule of some ten thousand shifts. */
const MAX_BYTES = 8 * 1024 * 1024;

/** Follows no redirect: the token is for this address. */
export function createUrlSource({ url, userAgent, token }: UrlSource): FeedSource {
  return async (tag, signal) => {
    const headers = {
      accept: 'text/calendar, application/json',
      'user-agent': userAgent,
      ...(tag === undefined ? {} : { 'if-none-match': tag }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token()}` }),
    };
    const limit = timeLimit(LONGEST_READ_MS, signal);
    try {
      const response = await fetch(url, { headers, redirect: 'manual', signal: limit.signal });
      if (response.status === 304 && tag !== undefined) return 'unchanged';
      if (response.status !== 200) {
        await response.body?.cancel();
        throw new FeedError(`answered with status ${response.status}`);
      }
      const text = await readText(response.body ?? []);
      const etag = response.headers.get('etag');
      return { text, ...(etag === null ? {} : { tag: etag }) };
    } catch (error) {
      if (error instanceof FeedError) throw error;
      throw new FeedError(limit.isOver() ? `did not answer within ${LONGEST_READ_MS / 1000} s` : whyUnreachable(error));
    } finally {
      limit.release();
    }
  };
}

export function createFileSource(path: string): FeedSource {
  return async (_tag, signal) => {
    try {
      return { text: await readText(createReadStream(path, { signal })) };
    } catch (error) {
      throw error instanceof FeedError ? error : new FeedError(`can't be read from its file${codeOf(error)}`);
    }
  };
}

async function readText(chunks: AsyncIterable<Uint8Array> | []): Promise<string> {
  const read: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new FeedError(`is longer than ${MAX_BYTES / 1024 / 1024} MiB`);
    read.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(read));
  } catch {
    throw new FeedError('is not UTF-8');
  }
}

function whyUnreachable(error: unknown): string {
  return `can't be reached${codeOf(error instanceof Error ? (error.cause ?? error) : error)}`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
}
