import ICAL from 'ical.js';
import { Temporal } from 'temporal-polyfill';

type LocalTime = Pick<ICAL.Time, 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second'>;

const DAY_MS = 24 * 3_600_000;

/**
 * A time zone by its IANA name, with the rules that Node has of it. A local time that a change to summer time leaves out
 * counts as if it had not begun; of one that comes twice, the first is meant (RFC 5545, 3.3.5).
 */
class NamedZone extends ICAL.Timezone {
  /** By day, as the zone's rules are asked for a time and again: the offset, or nothing where it changes in that day. */
  readonly #offsets = new Map<number, number | undefined>();

  override utcOffset({ year, month, day, hour, minute, second }: LocalTime): number {
    const midnight = Date.UTC(year, month - 1, day);
    const known = this.#offsetOfDay(midnight);
    return known ?? this.#offsetAt(midnight + ((hour * 60 + minute) * 60 + second) * 1000);
  }

  #offsetOfDay(midnight: number): number | undefined {
    if (!this.#offsets.has(midnight)) {
      const offset = this.#offsetAt(midnight);
      this.#offsets.set(midnight, offset === this.#offsetAt(midnight + DAY_MS) ? offset : undefined);
    }
    return this.#offsets.get(midnight);
  }

  /** In seconds; the local time is given as if it were UTC, in milliseconds. */
  #offsetAt(localMs: number): number {
    const local = new Date(localMs).toISOString().slice(0, -1);
    return (localMs - Temporal.PlainDateTime.from(local).toZonedDateTime(this.tzid).epochMilliseconds) / 1000;
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
