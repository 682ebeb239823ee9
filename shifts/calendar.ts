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
  const zones = new Zones(options.timeZone);
  for (const calendar of calendars) {
    const events = calendar.getAllSubcomponents('vevent');
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

function parseCalendars(text: string): ICAL.Component[] | undefined {
  try {
    const parsed = ICAL.parse(text) as unknown[];
    // One calendar comes as itself, several as a list of them.
    const calendars = (typeof parsed[0] === 'string' ? [parsed] : parsed).map(
      (one) => new ICAL.Component(one as unknown[]),
    );
    return calendars.length > 0 && calendars.every(({ name }) => name === 'vcalendar') ? calendars : undefined;
  } catch {
    return undefined;
  }
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
  const iterator = event.iterator();
  for (let count = 0; ; count += 1) {
    const startDate = iterator.next() as ICAL.Time | undefined;
    if (startDate === undefined || startDate.toUnixTime() * 1000 > window.toMs) return;
    if (count === MAX_OCCURRENCES) throw new EventError(`recurs more than ${MAX_OCCURRENCES} times until now`);
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

  constructor(ofLocalTimes: string | undefined) {
    this.#default = ofLocalTimes;
  }

  /** Throws an `EventError` for a zone that is not known. */
  settle(event: ICAL.Component): void {
    for (const property of TIME_PROPERTIES.flatMap((name) => event.getAllProperties(name))) {
      const given = property.getFirstParameter('tzid') as string | undefined;
      for (const time of property.getValues() as ICAL.Time[]) {
        if (!time.isDate && time.zone !== ICAL.Timezone.utcTimezone) time.zone = this.#zoneOf(given, time);
      }
    }
  }

  /** A name that Node knows goes before the file's own definition: those are often cut down to one year. */
  #zoneOf(given: string | undefined, { zone }: ICAL.Time): ICAL.Timezone {
    const name = given ?? this.#default;
    if (name === undefined) throw new EventError('has a local time without a zone; give the feed a timeZone');
    const named = this.#named(name);
    if (named !== undefined) return named;
    if (given === undefined || zone === ICAL.Timezone.localTimezone) {
      throw new EventError('has a TZID that is neither a known time zone nor defined in the file');
    }
    return zone;
  }

  #named(name: string): ICAL.Timezone | undefined {
    if (!this.#known.has(name)) this.#known.set(name, namedZone(name));
    return this.#known.get(name);
  }
}
