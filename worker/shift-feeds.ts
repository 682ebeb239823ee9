import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { toFieldProblems, wording, type FieldProblem, type Parsed } from '../domain/field-problem.ts';
import { isLoopbackUrl } from '../domain/loopback.ts';
import { AGENT_ID_PATTERN } from '../domain/request.ts';
import { FEED_FORMATS, type FeedFormat } from '../shifts/expand.ts';
import { FeedError } from '../shifts/feed-error.ts';
import { isTimeZone } from '../shifts/named-zone.ts';
import { tenantIdText, type TenantConfig } from './tenants.ts';

/** A shift feed as configured. It has either a URL or a file. */
export interface ShiftFeedConfig {
  name: string;
  tenantId: string;
  /** Undefined: every agent of the tenant. */
  agents: readonly string[] | undefined;
  format: FeedFormat;
  timeZone: string | undefined;
  /** Function, as some calendars' addresses are secrets: a printed configuration does not show it. */
  url: (() => string) | undefined;
  file: string | undefined;
  /** The token as it is now. Throws a `FeedError` if its file can't be read. */
  token: (() => string) | undefined;
}

const text = z.string().min(1, { error: 'must not be empty' });
const feedsSchema = z
  .array(
    z.strictObject(
      {
        name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, {
          error: "must be 1 to 64 letters, digits, '_', '.' or '-', and begin with a letter or digit",
        }),
        tenantId: tenantIdText.optional(),
        agents: z
          .array(z.string().regex(AGENT_ID_PATTERN, { error: "must be an agent's id" }))
          .min(1, { error: 'must name an agent; leave it out for all agents of the tenant' })
          .optional(),
        format: z.enum(FEED_FORMATS),
        timeZone: z.string().refine(isTimeZone, { error: 'must be a time zone such as Europe/Berlin' }).optional(),
        url: z
          .string()
          .refine(isFeedUrl, {
            error: 'must be an https: address without credentials; http: is for loopback hosts only',
          })
          .optional(),
        file: text.optional(),
        tokenFile: text.optional(),
      },
      {
        error: (issue) =>
          issue.code === 'unrecognized_keys'
            ? 'is not known here; allowed are name, tenantId, agents, format, timeZone, url, file, tokenFile'
            : undefined,
      },
    ),
  )
  .min(1, { error: 'must list at least one feed' });

type FeedEntry = z.output<typeof feedsSchema>[number];

/** Reads the file that `SHIFT_FEEDS` names; relative paths in it are relative to it. Problems have paths in it. */
export function readShiftFeeds(
  path: string,
  tenants: readonly Pick<TenantConfig, 'tenantId'>[],
): Parsed<'feeds', ShiftFeedConfig[]> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { ok: false, problems: [{ path: '', message: 'must be the path of a readable file of valid JSON' }] };
  }
  const parsed = feedsSchema.safeParse(value, { error: wording });
  if (!parsed.success) return { ok: false, problems: toFieldProblems(parsed.error) };
  const tenantIds = tenants.map(({ tenantId }) => tenantId);
  const problems = parsed.data.flatMap((entry, index) => [
    ...entryProblems(entry, tenantIds).map((problem) => ({ ...problem, path: `${index}.${problem.path}` })),
    ...(parsed.data.findIndex(({ name }) => name === entry.name) === index
      ? []
      : [{ path: `${index}.name`, message: 'is there already; give each feed a name of its own' }]),
  ]);
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, feeds: parsed.data.map((entry) => toFeed(entry, dirname(path), tenantIds[0] ?? '')) };
}

function entryProblems(entry: FeedEntry, tenantIds: readonly string[]): FieldProblem[] {
  const { tenantId, url, file, tokenFile, timeZone, format } = entry;
  const problems: FieldProblem[] = [];
  const add = (path: string, message: string): void => void problems.push({ path, message });
  if ((url === undefined) === (file === undefined)) add('url', 'is required, or file instead, and not both');
  if (tokenFile !== undefined && url === undefined) add('tokenFile', 'goes with a url only');
  if (timeZone !== undefined && format === 'json') add('timeZone', 'is for calendars; times in JSON have their offset');
  if (tenantId === undefined && tenantIds.length > 1) add('tenantId', 'is required, as there are several tenants');
  if (tenantId !== undefined && !tenantIds.includes(tenantId)) add('tenantId', 'must be a tenant of this worker');
  return problems;
}

function toFeed(entry: FeedEntry, folder: string, onlyTenant: string): ShiftFeedConfig {
  const { name, tenantId = onlyTenant, agents, format, timeZone, url, file, tokenFile } = entry;
  return {
    name,
    tenantId,
    agents,
    format,
    timeZone,
    url: url === undefined ? undefined : () => url,
    file: file === undefined ? undefined : resolve(folder, file),
    token: tokenFile === undefined ? undefined : () => readToken(resolve(folder, tokenFile)),
  };
}

function readToken(path: string): string {
  try {
    const token = readFileSync(path, 'utf8').trim();
    if (/^[\x21-\x7e]+$/.test(token)) return token;
  } catch {
    // As an empty one.
  }
  throw new FeedError('has no token: its tokenFile must be a readable file of printable ASCII');
}

function isFeedUrl(given: string): boolean {
  if (!URL.canParse(given)) return false;
  const { protocol, username, password } = new URL(given);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackUrl(given));
}
