import { Temporal } from 'temporal-polyfill';

/** A time as it was meant, or what is wrong with it. */
export type ReadTime = { ok: true; time: string } | { ok: false; problem: string };

const LOCAL = /^\d{4}-\d\d-\d\d[T ]\d\d:[0-5]\d(?::[0-5]\d)?$/;
const WITH_OFFSET = /^\d{4}-\d\d-\d\d[T ]\d\d:[0-5]\d(?::[0-5]\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/;
const ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/;

/**
 * Reads a time that a person wrote, to ISO 8601 with an offset: one that has its offset, or wall-clock time in `zone`
 * (`Area/City`). A wall-clock time that the zone has twice or never is refused, with what may be meant.
 */
export function readTime(text: string, zone: string | undefined): ReadTime {
  const isLocal = LOCAL.test(text);
  if (!isLocal && !WITH_OFFSET.test(text)) {
    return { ok: false, problem: 'must be a time such as 2026-11-23T13:00+01:00, or 2026-11-23T13:00 with a zone' };
  }
  if (isLocal && zone === undefined) {
    return { ok: false, problem: `must have its offset (${text}+01:00, ${text}Z), or a zone must be given` };
  }
  try {
    return isLocal && zone !== undefined ? readWallClock(text, zone) : { ok: true, time: withOffset(text) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { ok: false, problem: 'must be a time that there is on the calendar' };
  }
}

/** Whether there is such a time zone. */
export function isZone(zone: string): boolean {
  if (!ZONE_NAME.test(zone)) return false;
  try {
    formatTime(0, zone);
    return true;
  } catch {
    return false;
  }
}

/** A moment (unix milliseconds) as ISO 8601 with the offset it has in `zone`; by default in UTC. */
export function formatTime(unixMs: number, zone = 'UTC'): string {
  const moment = Temporal.Instant.fromEpochMilliseconds(Math.floor(unixMs)).toZonedDateTimeISO(zone);
  return format(moment);
}

function withOffset(text: string): string {
  const iso = text.replace(' ', 'T');
  const offset = iso.endsWith('Z') ? 'UTC' : iso.slice(-6);
  return format(Temporal.Instant.from(iso).toZonedDateTimeISO(offset));
}

function readWallClock(text: string, zone: string): ReadTime {
  const local = Temporal.PlainDateTime.from(text.replace(' ', 'T'));
  const earlier = local.toZonedDateTime(zone, { disambiguation: 'earlier' });
  const later = local.toZonedDateTime(zone, { disambiguation: 'later' });
  if (earlier.equals(later)) return { ok: true, time: format(earlier) };
  const isTwice = earlier.toPlainDateTime().equals(local);
  const why = isTwice ? `comes twice in ${zone}` : `does not exist in ${zone}`;
  return {
    ok: false,
    problem: `${why}, where the clocks change then; write ${format(earlier)} or ${format(later)}, whichever is meant`,
  };
}

function format(moment: Temporal.ZonedDateTime): string {
  return moment.toString({ timeZoneName: 'never' }).replace('+00:00', 'Z');
}
