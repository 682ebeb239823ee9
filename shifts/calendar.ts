import ICAL from 'ical.js';
import type { FieldProblem, Parsed } from '../domain/field-problem.ts';
import { isWithin, sorted, type TimeWindow } from './boundaries.ts';
import { namedZone } from './named-zone.ts';

export interface CalendarOptions {
  window: TimeWindow;
  /** The zone of local times without one. */
  timeZone?: string;
}

/** Far more than a shift a day since there are call centres. */
const MAX_OCCURRENCES = 20_000;
const DAY_MS = 24 * 3_600_000;
const TIME_PROPERTIES = ['dtstart', 'dtend', 'recurrence-id', 'rdate', 'exdate'];

/**
 * The times within the window at which an event of an iCalendar file (RFC 5545) begins or ends, in order. Cancelled
 * events and those of whole days have none. A recurring event ends at the same time of the clock every time. Nothing of
 * the file is repeated in a problem. A rule that never comes true can keep this busy for ever.
 */
export function readCalendar(text: string, options: CalendarOptions): Parsed<'boundaries', number[]> {
  const calendars = parseCalendars(text);
  if (calendars === undefined) {
    return { ok: false, problems: [{ path: '', message: 'is no iCalendar file, or has a line that makes no sense' }] };
  }
  const problems: FieldProblem[] = [];
  const boundaries = new Set<number>();
  for (const components of calendars) {
    const events = components.filter(({ name }) => name === 'vevent');
    const zones = new Zones(components, options.timeZone);
    const each = (act: (event: ICAL.Component) => void): void => {
      for (const [index, event] of events.entries()) {
        try {
          act(event);
        } catch (error) {
          const message = error instanceof EventError ? error.message : 'has dates or a recurrence that make no sense';
          problems.push({ path: `VEVENT ${index + 1}`, message });
        }
      }
    };
    // Exceptions may come after what they change, and are compared with it by their times.
    each((event) => zones.settle(event));
    if (problems.length > 0) continue;
    const exceptions = exceptionsByUid(events);
    each((event) => {
      for (const time of boundariesOf(event, exceptions, options.window)) boundaries.add(time);
    });
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, boundaries: sorted(boundaries) };
}

class EventError extends Error {}

/** The library's form of a component: its name, its properties, its components. */
type JCal = [string, unknown[], JCal[]];

/**
 * The components of each calendar, on their own: as parts of it, each of their times would look through all of them for
 * a time zone.
 */
function parseCalendars(text: string): ICAL.Component[][] | undefined {
  try {
    const parsed = ICAL.parse(text) as JCal | JCal[];
    const calendars = isOne(parsed) ? [parsed] : parsed;
    if (calendars.length === 0 || calendars.some(([name]) => name !== 'vcalendar')) return undefined;
    return calendars.map(([, , components]) => components.map((component) => new ICAL.Component(component)));
  } catch {
    return undefined;
  }
}

function isOne(parsed: JCal | JCal[]): parsed is JCal {
  return typeof parsed[0] === 'string';
}

function exceptionsByUid(events: readonly ICAL.Component[]): Map<unknown, ICAL.Component[]> {
  const byUid = new Map<unknown, ICAL.Component[]>();
  for (const event of events.filter((one) => one.hasProperty('recurrence-id'))) {
    const uid = event.getFirstPropertyValue('uid');
    byUid.set(uid, [...(byUid.get(uid) ?? []), event]);
  }
  return byUid;
}

function* boundariesOf(
  component: ICAL.Component,
  exceptions: ReadonlyMap<unknown, ICAL.Component[]>,
  window: TimeWindow,
): Generator<number> {
  const isException = component.hasProperty('recurrence-id');
  const own = isException ? [] : (exceptions.get(component.getFirstPropertyValue('uid')) ?? []);
  const event = new ICAL.Event(component, { exceptions: own });
  if (!component.hasProperty('dtstart')) throw new EventError('has no DTSTART');
  if (event.startDate.isDate) return;
  const recurs = event.isRecurring() && !isException;
  for (const { startDate, endDate, item } of recurs ? occurrences(event, window) : [event as Occurrence]) {
    if (isCancelled(item?.component ?? component)) continue;
    for (const time of [startDate, endDate]) {
      const ms = time.toUnixTime() * 1000;
      if (isWithin(window, ms)) yield ms;
    }
  }
}

type Occurrence = Pick<ICAL.Event, 'startDate' | 'endDate'> & { item?: ICAL.Event };

function* occurrences(event: ICAL.Event, window: TimeWindow): Generator<Occurrence> {
  const lengthByTheClock = event.endDate.subtractDate(event.startDate);
  // An exception may bring any occurrence here; without one, those long gone need no second look.
  const fromMs =
    Object.keys(event.exceptions).length > 0 ? -Infinity : window.fromMs - lengthByTheClock.toSeconds() * 1000 - DAY_MS;
  const iterator = event.iterator();
  for (let count = 0; ; count += 1) {
    const startDate = iterator.next() as ICAL.Time | undefined;
    if (startDate === undefined) return;
    const startMs = startDate.toUnixTime() * 1000;
    if (startMs > window.toMs) return;
    if (count === MAX_OCCURRENCES) throw new EventError(`recurs more than ${MAX_OCCURRENCES} times until now`);
    if (startMs < fromMs) continue;
    const details = event.getOccurrenceDetails(startDate);
    if (details.item !== event) {
      yield details;
      continue;
    }
    const endDate = startDate.clone();
    endDate.addDuration(lengthByTheClock);
    endDate.zone = event.endDate.zone;
    yield { startDate, endDate, item: event };
  }
}

function isCancelled(component: ICAL.Component): boolean {
  const status = component.getFirstPropertyValue('status');
  return typeof status === 'string' && status.toUpperCase() === 'CANCELLED';
}

/** Gives every time of an event its zone. */
class Zones {
  readonly #known = new Map<string, ICAL.Timezone | undefined>();
  readonly #default: string | undefined;

  /** `components` may define zones. A name that Node knows goes before: definitions are often cut down to one year. */
  constructor(components: readonly ICAL.Component[], ofLocalTimes: string | undefined) {
    this.#default = ofLocalTimes;
    for (const component of components.filter(({ name }) => name === 'vtimezone')) {
      const defined = new ICAL.Timezone(component);
      this.#known.set(defined.tzid, namedZone(defined.tzid) ?? defined);
    }
  }

  /** Throws an `EventError` for a zone that is not known. */
  settle(event: ICAL.Component): void {
    for (const property of TIME_PROPERTIES.flatMap((name) => event.getAllProperties(name))) {
      const given = property.getFirstParameter('tzid') as string | undefined;
      for (const time of property.getValues() as ICAL.Time[]) {
        if (!time.isDate && time.zone !== ICAL.Timezone.utcTimezone) time.zone = this.#zoneOf(given);
      }
    }
  }

  #zoneOf(given: string | undefined): ICAL.Timezone {
    const name = given ?? this.#default;
    if (name === undefined) throw new EventError('has a local time without a zone; give the feed a timeZone');
    if (!this.#known.has(name)) this.#known.set(name, namedZone(name));
    const zone = this.#known.get(name);
    if (zone === undefined) {
      throw new EventError('has a TZID that is neither a known time zone nor defined in the file');
    }
    return zone;
  }
}
