import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseRetryAfter } from '../../cxone/retry-after.ts';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Whole seconds: no form of an HTTP date has less. */
const instant = fc
  .integer({ min: Date.parse('2000-01-01T00:00:00Z') / 1000, max: Date.parse('2049-12-31T23:59:59Z') / 1000 })
  .map((seconds) => seconds * 1000);
const blanks = fc.constantFrom('', ' ', '\t', '  ');

/** The three forms of RFC 9110, of which a recipient has to understand all, and two that are seen as well. */
const FORMS: Record<string, (time: Date) => string> = {
  'IMF-fixdate': (time) => time.toUTCString(),
  'IMF-fixdate without its zone': (time) => time.toUTCString().replace(' GMT', ''),
  'a mail (with an offset)': (time) => new Date(time.getTime() + 3_600_000).toUTCString().replace('GMT', '+0100'),
  'RFC 850': (time) =>
    `${DAYS[time.getUTCDay()]}, ${two(time.getUTCDate())}-${month(time)}-${two(time.getUTCFullYear() % 100)} ${clock(time)} GMT`,
  asctime: (time) =>
    `${DAYS[time.getUTCDay()]?.slice(0, 3)} ${month(time)} ${String(time.getUTCDate()).padStart(2)} ${clock(time)} ${time.getUTCFullYear()}`,
};

for (const [name, write] of Object.entries(FORMS)) {
  test(`a date in the form of ${name} means the same wherever this machine stands`, (t) => {
    const zone = process.env['TZ'];
    t.after(() => {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    });
    fc.assert(
      fc.property(
        instant,
        instant,
        fc.constantFrom('UTC', 'Asia/Tokyo', 'America/Los_Angeles'),
        (until, now, place) => {
          process.env['TZ'] = place;
          const header = write(new Date(until));
          const wait = Math.max(0, until - now);
          assert.equal(parseRetryAfter(header, undefined, now), wait, header);
          assert.equal(parseRetryAfter(header, write(new Date(now)), 0), wait, "by the platform's own clock");
        },
      ),
    );
  });
}

test('seconds are a wait in full, rounded up to the millisecond, whatever the clocks say', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 9_999_999_999 }),
      fc.nat({ max: 999_999 }),
      blanks,
      instant,
      (whole, micro, blank, now) => {
        const date = new Date(now).toUTCString();
        assert.equal(parseRetryAfter(`${blank}${whole}${blank}`, date, now), whole * 1000);
        const exact = BigInt(whole) * 1_000_000n + BigInt(micro);
        const wait = parseRetryAfter(`${whole}.${String(micro).padStart(6, '0')}`, undefined, now) ?? -1;
        assert.ok(BigInt(wait) * 1_000n >= exact, 'never cut short');
        assert.ok(BigInt(wait) * 1_000n < exact + 2_000n);
      },
    ),
  );
});

test('anything else is no Retry-After, and what is one is a whole number that a timer can be set to', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.mixedCase(fc.constantFrom('fri, 20 nov 2026 12:00:30 gmt', 'sunday, 06-nov-94', 'infinity', '1e3')),
    fc.tuple(fc.constantFrom('Fri, ', 'Sun ', 'Friday, '), fc.string()).map(([day, rest]) => day + rest),
    fc.integer({ min: -300_000, max: 300_000 }).map((year) => `Fri, 20 Nov ${year} 12:00:30 GMT`),
  );
  fc.assert(
    fc.property(text, fc.option(text, { nil: undefined }), instant, (header, date, now) => {
      const wait = parseRetryAfter(header, date, now);
      if (wait === undefined) return;
      assert.ok(Number.isSafeInteger(wait) && wait >= 0, `${wait} ms`);
      const longest = Date.parse('9999-12-31T23:59:59Z') - Date.parse('0001-01-01T00:00:00Z');
      assert.ok(wait <= longest, `${wait} ms of "${header}" is beyond what a date or ten digits of seconds can say`);
    }),
    { numRuns: 2_000 },
  );
});

test('a date with something before it is none', () => {
  fc.assert(
    fc.property(instant, fc.constantFrom('x', 'until ', '1 '), (until, before) => {
      assert.equal(parseRetryAfter(before + new Date(until).toUTCString(), undefined, 0), undefined);
    }),
  );
});

test('a platform that says when it is, and not until when to wait, asks for no wait', () => {
  fc.assert(
    fc.property(instant, (now) =>
      assert.equal(parseRetryAfter(undefined, new Date(now).toUTCString(), now), undefined),
    ),
  );
});

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function month(time: Date): string {
  return MONTHS[time.getUTCMonth()] ?? '';
}

function clock(time: Date): string {
  return [time.getUTCHours(), time.getUTCMinutes(), time.getUTCSeconds()].map(two).join(':');
}
