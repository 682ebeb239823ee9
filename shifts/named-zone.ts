import ICAL from 'ical.js';
import { Temporal } from 'temporal-polyfill';

/**
 * A time zone by its IANA name, with the rules that Node has of it. A local time that a change to summer time leaves out
 * counts as if it had not begun; of one that comes twice, the first is meant (RFC 5545, 3.3.5).
 */
class NamedZone extends ICAL.Timezone {
  override utcOffset({ year, month, day, hour, minute, second }: ICAL.Time): number {
    const local = { year, month, day, hour, minute, second };
    const { epochMilliseconds } = Temporal.ZonedDateTime.from({ ...local, timeZone: this.tzid });
    return (Date.UTC(year, month - 1, day, hour, minute, second) - epochMilliseconds) / 1000;
  }
}

/** The zone, or nothing if there is none of that name. */
export function namedZone(name: string): ICAL.Timezone | undefined {
  return isTimeZone(name) ? new NamedZone({ tzid: name }) : undefined;
}

/** Whether it is an IANA name such as `Europe/Berlin`. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
