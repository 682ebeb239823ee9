import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatTime, isZone, readTime } from '../../client/zoned-time.ts';

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'Europe/Lisbon',
  'America/New_York',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'Africa/Casablanca',
];

test('wall-clock time means what the clocks of the zone show then, in summer and in winter', () => {
  assert.deepEqual(readTime('2026-07-01T13:00', 'Europe/Berlin'), { ok: true, time: '2026-07-01T13:00:00+02:00' });
  assert.deepEqual(readTime('2026-12-01 13:00:30', 'Europe/Berlin'), { ok: true, time: '2026-12-01T13:00:30+01:00' });
  assert.deepEqual(readTime('2026-12-01T13:00', 'UTC'), { ok: true, time: '2026-12-01T13:00:00Z' });
});

test('a time with its offset needs no zone, and keeps its offset', () => {
  assert.deepEqual(readTime('2026-07-01T13:00+05:45', undefined), { ok: true, time: '2026-07-01T13:00:00+05:45' });
  assert.deepEqual(readTime('2026-07-01T13:00Z', 'Europe/Berlin'), { ok: true, time: '2026-07-01T13:00:00Z' });
});

test('a time that the clocks show twice is refused, with both that may be meant', () => {
  const read = readTime('2026-10-25T02:30', 'Europe/Berlin');
  assert.ok(!read.ok);
  assert.match(read.problem, /twice.*2026-10-25T02:30:00\+02:00 or 2026-10-25T02:30:00\+01:00/);
});

test('a time that the clocks leave out is refused, with both that may be meant', () => {
  const read = readTime('2026-03-29T02:30', 'Europe/Berlin');
  assert.ok(!read.ok);
  assert.match(read.problem, /does not exist.*2026-03-29T01:30:00\+01:00 or 2026-03-29T03:30:00\+02:00/);
  const wholeDay = readTime('2011-12-30T10:00', 'Pacific/Apia');
  assert.ok(!wholeDay.ok);
});

for (const text of [
  '',
  'tomorrow',
  '13:00',
  '2026-11-23',
  '23.11.2026 13:00',
  '2026-11-23T1:00Z',
  '2026-11-23T13:00 Z',
]) {
  test(`"${text}" is no time`, () => {
    const read = readTime(text, 'UTC');
    assert.ok(!read.ok);
    assert.match(read.problem, /must be a time such as/);
  });
}

for (const text of ['2026-02-30T10:00Z', '2026-13-01T10:00Z', '2026-11-23T24:30Z', '2026-11-23T13:00+25:00']) {
  test(`${text} is on no calendar`, () => {
    const read = readTime(text, undefined);
    assert.ok(!read.ok);
    assert.match(read.problem, /on the calendar/);
  });
}

test('wall-clock time without a zone is refused, with what to add', () => {
  const read = readTime('2026-11-23T13:00', undefined);
  assert.ok(!read.ok);
  assert.match(read.problem, /must have its offset/);
});

test('zones are known by name, and an offset is none', () => {
  for (const zone of ZONES) assert.ok(isZone(zone), zone);
  for (const zone of ['', 'Berlin', 'Mars/Base', '+02:00', '../etc', 'Europe/']) assert.ok(!isZone(zone), zone);
});

test('every moment of every zone is read back from its wall-clock time, or is one of the two that may be meant', () => {
  const moment = fc
    .integer({ min: Date.UTC(2005, 0), max: Date.UTC(2036, 0) })
    .map((ms) => Math.floor(ms / 60_000) * 60_000);
  fc.assert(
    fc.property(moment, fc.constantFrom(...ZONES), (unixMs, zone) => {
      const shown = formatTime(unixMs, zone);
      assert.equal(Date.parse(shown), unixMs);
      const read = readTime(shown.slice(0, 19), zone);
      if (read.ok) assert.equal(read.time, shown);
      else assert.ok(read.problem.includes(shown), read.problem);
    }),
    { numRuns: 2_000 },
  );
});
