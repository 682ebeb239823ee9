const SECONDS_PATTERN = /^\d{1,10}(?:\.\d{1,9})?$/;
// Date.parse takes nearly anything ("1", "-5"); only a text that begins as an HTTP date does is one.
const HTTP_DATE_PATTERN = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /;

// The oldest form of an HTTP date names no zone and means GMT; Date.parse would take this machine's.
const WITHOUT_ZONE_PATTERN = /\d\d:\d\d(?: \d{4})?$/;
// A year has four digits, so that what comes out is a time a timer can be set to.
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * The wait a `Retry-After` header asks for, in whole milliseconds, rounded up and never cut short; undefined if there
 * is none that makes sense. A date is taken relative to the answer's own `Date` header where it has one, so that a
 * wrong clock on this machine does not end the wait early.
 */
export function parseRetryAfter(
  header: string | undefined,
  dateHeader: string | undefined,
  wallClockMs: number,
): number | undefined {
  const text = header?.trim() ?? '';
  if (SECONDS_PATTERN.test(text)) return Math.ceil(Number(text) * 1000);
  const until = parseHttpDate(text);
  if (until === undefined) return undefined;
  return Math.max(0, Math.ceil(until - (parseHttpDate(dateHeader ?? '') ?? wallClockMs)));
}

function parseHttpDate(text: string): number | undefined {
  if (!HTTP_DATE_PATTERN.test(text)) return undefined;
  const time = Date.parse(WITHOUT_ZONE_PATTERN.test(text) ? `${text} GMT` : text);
  return time <= LATEST ? time : undefined;
}
