import type { TrailQuery } from '../../audit/trail.ts';
import type { FieldProblem } from '../../domain/field-problem.ts';
import { formatTime, isZone, readTime } from '../zoned-time.ts';
import { readMonth } from '../audit/month.ts';
import { durationMs } from './arguments.ts';
import { FILTER_FLAGS } from './audit-read-commands.ts';
import type { FlagValues } from './inputs.ts';

/** What the flags of a reading command ask for. */
export type ReadFilters = Omit<TrailQuery, 'tenantId'>;

const DAY = /^\d{4}-\d\d-\d\d$/;

/** What is wrong with the values of these commands' flags, by flag. */
export function problemsOfReadValues(
  command: string,
  values: FlagValues,
  switches: ReadonlySet<string>,
): FieldProblem[] {
  const zone = values.get('zone');
  if (zone !== undefined && !isZone(zone)) {
    return [{ path: '--zone', message: 'must be a time zone such as Europe/Berlin or UTC' }];
  }
  const problems = ['since', 'until'].flatMap((name): FieldProblem[] => {
    const time = timeOf(values, name);
    return time === undefined || time.ok ? [] : [{ path: `--${name}`, message: time.problem }];
  });
  const { since, until } = problems.length > 0 ? {} : toFilters(values);
  if (since !== undefined && until !== undefined && Date.parse(since) >= Date.parse(until)) {
    problems.push({ path: '--until', message: 'must be later than --since' });
  }
  const month = values.get('month');
  if (month !== undefined && readMonth(month, zoneOf(values)) === undefined) {
    problems.push({ path: '--month', message: 'must be a month such as 2026-11' });
  }
  const filters = FILTER_FLAGS.map(({ name }) => name);
  if (command === 'audit show' && !filters.some((name) => values.has(name))) {
    const list = filters
      .slice(1)
      .map((name) => `--${name}`)
      .join(', ');
    problems.push({ path: '--agent', message: `is required, or one of ${list}; "audit export" has all records` });
  }
  if (command === 'audit export' && switches.has('json') && !values.has('out')) {
    problems.push({ path: '--json', message: 'needs --out here: the records would be in the way of the one document' });
  }
  if (values.has('out') && values.get('out') === values.get('file')) {
    problems.push({ path: '--out', message: 'must not be the same as --file, which would be lost' });
  }
  return problems;
}

/** The filters, for values that have no problems. */
export function toFilters(values: FlagValues, now = Date.now()): ReadFilters {
  const given = {
    agentId: values.get('agent'),
    skill: values.get('skill'),
    requestId: values.get('request'),
    by: values.get('by'),
    since: momentOf(values, 'since', now),
    until: momentOf(values, 'until', now),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** The zone of what is shown. */
export function zoneOf(values: FlagValues): string {
  return values.get('zone') ?? 'UTC';
}

function momentOf(values: FlagValues, name: string, now: number): string | undefined {
  const time = timeOf(values, name, now);
  return time?.ok === true ? time.time : undefined;
}

/** How long ago, a day, or a time. */
function timeOf(values: FlagValues, name: string, now = Date.now()): ReturnType<typeof readTime> | undefined {
  const text = values.get(name);
  if (text === undefined) return undefined;
  const ago = durationMs(text);
  if (ago !== undefined) return { ok: true, time: formatTime(now - ago) };
  const zone = values.get('zone');
  if (DAY.test(text)) return readTime(`${text}T00:00`, zoneOf(values));
  const read = readTime(text, zone);
  if (read.ok || !read.problem.startsWith('must be a time such as')) return withFlags(read);
  return {
    ok: false,
    problem:
      'must be a time such as 2026-11-23T13:00+01:00, a day such as 2026-11-23, or how long ago, such as 90m or 7d',
  };
}

function withFlags(read: ReturnType<typeof readTime>): ReturnType<typeof readTime> {
  if (read.ok) return read;
  return { ok: false, problem: read.problem.replace('or a zone must be given', 'or --zone must be given') };
}
