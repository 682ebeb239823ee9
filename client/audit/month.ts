import { Temporal } from 'temporal-polyfill';

/** A month of a calendar on a wall in some place. */
export interface Month {
  /** `2026-11`. */
  name: string;
  /** `November 2026`. */
  title: string;
  /** `Europe/Berlin`, `UTC`. */
  zone: string;
  /** Its first moment, and that of the next month; ISO 8601 with the zone's offset. */
  since: string;
  until: string;
  /** The first moments of its days, unix milliseconds, in order. */
  days: number[];
}

const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/;

/** Reads `YYYY-MM`, for an existing zone; undefined if it is not written like this. */
export function readMonth(text: string, zone: string): Month | undefined {
  const [, year, month] = MONTH.exec(text) ?? [];
  if (year === undefined || month === undefined) return undefined;
  const first = Temporal.PlainDate.from({ year: Number(year), month: Number(month), day: 1 });
  const start = (date: Temporal.PlainDate): Temporal.ZonedDateTime => date.toZonedDateTime(zone);
  const iso = (moment: Temporal.ZonedDateTime): string =>
    moment.toString({ timeZoneName: 'never' }).replace('+00:00', 'Z');
  return {
    name: text,
    title: first.toLocaleString('en-GB', { month: 'long', year: 'numeric' }),
    zone,
    since: iso(start(first)),
    until: iso(start(first.add({ months: 1 }))),
    days: Array.from({ length: first.daysInMonth }, (_, day) => start(first.add({ days: day })).epochMilliseconds),
  };
}

/** The day of a moment (unix milliseconds) of this month, counted from 0. */
export function dayOf(month: Month, at: number): number {
  return month.days.findLastIndex((start) => start <= at);
}
