import ms, { type StringValue } from 'ms';
import type { FieldProblem, Parsed } from '../domain/field-problem.ts';
import { MAX_TEMPORARY_DAYS } from '../domain/temporary-skill.ts';
import { formatTime, isZone, readTime } from './zoned-time.ts';

/** A period as people write it. `for` counts elapsed time, so that a day has 24 hours also when the clocks change. */
export interface WrittenPeriod {
  /** Absent: now. */
  from?: string;
  /** The end; it or `for`. */
  until?: string;
  /** Such as `90m`, `4h` or `2d`, counted from the beginning. */
  for?: string;
  /** Of times without an offset: `Area/City`. */
  zone?: string;
}

/** A period as a temporary skill has it. */
export interface Period {
  from?: string;
  until: string;
}

/** Reads a period; all problems together. How its times fit together is not judged here. `now` is in unix milliseconds. */
export function readPeriod(written: WrittenPeriod, now: number): Parsed<'period', Period> {
  const { zone } = written;
  const problems: FieldProblem[] = [];
  const known = zone === undefined || isZone(zone);
  if (!known) problems.push({ path: 'zone', message: 'must be a time zone such as Europe/Berlin' });
  const time = (path: 'from' | 'until'): string | undefined => {
    const text = written[path];
    // The time can't be judged without its zone, which has a problem of its own.
    if (text === undefined || !known) return undefined;
    const read = readTime(text, zone);
    if (read.ok) return read.time;
    problems.push({ path, message: read.problem });
    return undefined;
  };
  const from = time('from');
  const until = time('until');
  const lengthMs = written.for === undefined ? undefined : readLength(written.for);
  if (written.for !== undefined && lengthMs === undefined) {
    problems.push({ path: 'for', message: `must be a time such as 90m, 4h or 2d, at most ${MAX_TEMPORARY_DAYS}d` });
  }
  if ((written.until === undefined) === (written.for === undefined)) {
    problems.push({ path: 'until', message: 'is required, or for instead, and not both' });
  }
  const start = written.from === undefined ? now : Date.parse(from ?? '');
  const end = until ?? (lengthMs === undefined || Number.isNaN(start) ? undefined : endOf(start, lengthMs, from, zone));
  if (problems.length > 0 || end === undefined) return { ok: false, problems };
  return { ok: true, period: { ...(from === undefined ? {} : { from }), until: end } };
}

/** Shown with the offset that the zone has then, or that the beginning was given with. */
function endOf(start: number, lengthMs: number, from: string | undefined, zone: string | undefined): string {
  const offset = from === undefined || from.endsWith('Z') ? 'UTC' : from.slice(-6);
  return formatTime(start + lengthMs, zone ?? offset);
}

function readLength(text: string): number | undefined {
  if (!/^\d{1,6}(?:\.\d{1,3})?[smhd]$/.test(text)) return undefined;
  const length = ms(text as StringValue);
  return length > 0 && length <= ms(`${MAX_TEMPORARY_DAYS}d`) ? length : undefined;
}
