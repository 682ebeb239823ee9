import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCalendar, type CalendarOptions } from '../../shifts/calendar.ts';

const UID = 'UID:shift@test';

/** A calendar of events, each given by its lines. */
function calendar(...events: string[][]): string {
  const inner = events.flatMap((lines) => ['BEGIN:VEVENT', ...lines, 'END:VEVENT']);
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', ...inner, 'END:VCALENDAR', ''].join('\r\n');
}

function inWindow(from: string, to: string): CalendarOptions {
  return { window: { fromMs: Date.parse(from), toMs: Date.parse(to) } };
}

const NOVEMBER = inWindow('2026-11-23T00:00:00Z', '2026-11-26T00:00:00Z');

function boundaries(text: string, options: CalendarOptions): string[] {
  const read = readCalendar(text, options);
  assert.ok(read.ok, JSON.stringify(read));
  return read.boundaries.map((ms) => new Date(ms).toISOString().slice(0, 16));
}

function problems(text: string, options: CalendarOptions = NOVEMBER): string[] {
  const read = readCalendar(text, options);
  assert.ok(!read.ok, 'it should have been refused');
  return read.problems.map(({ path, message }) => `${path}: ${message}`);
}

test('a shift in UTC has a boundary where it begins and one where it ends', () => {
  const text = calendar([UID, 'DTSTART:20261123T080000Z', 'DTEND:20261123T163000Z']);
  assert.deepEqual(boundaries(text, NOVEMBER), ['2026-11-23T08:00', '2026-11-23T16:30']);
});

test('a duration stands for the end', () => {
  const text = calendar([UID, 'DTSTART:20261123T080000Z', 'DURATION:PT8H']);
  assert.deepEqual(boundaries(text, NOVEMBER), ['2026-11-23T08:00', '2026-11-23T16:00']);
});

test('a zone by its name needs no definition in the file', () => {
  const text = calendar([
    UID,
    'DTSTART;TZID=Europe/Berlin:20261123T080000',
    'DTEND;TZID=America/New_York:20261123T100000',
  ]);
  assert.deepEqual(boundaries(text, NOVEMBER), ['2026-11-23T07:00', '2026-11-23T15:00']);
});

test('a zone under a name of its own is taken from its definition in the file', () => {
  const zone = ['BEGIN:VTIMEZONE', 'TZID:Our Office', 'BEGIN:STANDARD', 'DTSTART:19700101T000000'];
  const offsets = ['TZOFFSETFROM:+0300', 'TZOFFSETTO:+0300', 'END:STANDARD', 'END:VTIMEZONE'];
  const shift = calendar([UID, 'DTSTART;TZID=Our Office:20261123T080000', 'DTEND;TZID=Our Office:20261123T160000']);
  const text = shift.replace('BEGIN:VEVENT', [...zone, ...offsets, 'BEGIN:VEVENT'].join('\r\n'));
  assert.deepEqual(boundaries(text, NOVEMBER), ['2026-11-23T05:00', '2026-11-23T13:00']);
});

test("a local time without a zone has the feed's", () => {
  const text = calendar([UID, 'DTSTART:20261123T080000', 'DTEND:20261123T160000']);
  assert.deepEqual(boundaries(text, { ...NOVEMBER, timeZone: 'Europe/Berlin' }), [
    '2026-11-23T07:00',
    '2026-11-23T15:00',
  ]);
  assert.match(problems(text)[0] ?? '', /^VEVENT 1: has a local time without a zone/);
});

test('a weekly shift stays at its time of the clock when summer time ends, also through that night', () => {
  const night = ['DTSTART;TZID=Europe/Berlin:20260926T220000', 'DTEND;TZID=Europe/Berlin:20260927T060000'];
  const text = calendar([UID, ...night, 'RRULE:FREQ=WEEKLY;BYDAY=SA']);
  const found = boundaries(text, inWindow('2026-10-17T00:00:00Z', '2026-11-01T23:00:00Z'));
  // Berlin goes back to winter time at 03:00 on the 25th.
  const summer = ['2026-10-17T20:00', '2026-10-18T04:00'];
  assert.deepEqual(found, [...summer, '2026-10-24T20:00', '2026-10-25T05:00', '2026-10-31T21:00', '2026-11-01T05:00']);
});

test('a time that comes twice is the first, one that is left out counts as before the change', () => {
  const end = ['DTSTART;TZID=Europe/Berlin:20261025T023000', 'DURATION:PT0S'];
  assert.deepEqual(boundaries(calendar([UID, ...end]), inWindow('2026-10-25T00:00:00Z', '2026-10-26T00:00:00Z')), [
    '2026-10-25T00:30',
  ]);
  const gap = ['DTSTART;TZID=Europe/Berlin:20260329T023000', 'DURATION:PT0S'];
  assert.deepEqual(boundaries(calendar([UID, ...gap]), inWindow('2026-03-29T00:00:00Z', '2026-03-30T00:00:00Z')), [
    '2026-03-29T01:30',
  ]);
});

test('a rule that has begun long ago is followed to today, with its excluded and its additional dates', () => {
  const text = calendar([
    UID,
    'DTSTART:20150105T080000Z',
    'DTEND:20150105T160000Z',
    'RRULE:FREQ=DAILY',
    'EXDATE:20261124T080000Z',
    'RDATE:20261124T100000Z',
  ]);
  assert.deepEqual(boundaries(text, NOVEMBER), [
    '2026-11-23T08:00',
    '2026-11-23T16:00',
    '2026-11-24T10:00',
    '2026-11-24T18:00',
    '2026-11-25T08:00',
    '2026-11-25T16:00',
  ]);
});

test('an occurrence that was moved counts where it is now, a cancelled one not at all', () => {
  const daily = [UID, 'DTSTART:20261101T080000Z', 'DTEND:20261101T160000Z', 'RRULE:FREQ=DAILY'];
  const moved = [UID, 'RECURRENCE-ID:20261201T080000Z', 'DTSTART:20261123T180000Z', 'DTEND:20261123T200000Z'];
  const off = [UID, 'RECURRENCE-ID:20261124T080000Z', 'STATUS:CANCELLED', 'DTSTART:20261124T080000Z', 'DURATION:PT8H'];
  assert.deepEqual(boundaries(calendar(daily, moved, off), NOVEMBER), [
    '2026-11-23T08:00',
    '2026-11-23T16:00',
    '2026-11-23T18:00',
    '2026-11-23T20:00',
    '2026-11-25T08:00',
    '2026-11-25T16:00',
  ]);
});

test('an exception may be written in another zone than what it changes, and come after it', () => {
  const daily = [UID, 'DTSTART;TZID=Europe/Berlin:20261101T090000', 'DURATION:PT8H', 'RRULE:FREQ=DAILY;COUNT=24'];
  const moved = [
    UID,
    'RECURRENCE-ID:20261123T080000Z',
    'DTSTART;TZID=America/New_York:20261123T100000',
    'DURATION:PT1H',
  ];
  const off = [UID, 'RECURRENCE-ID;TZID=Europe/Berlin:20261124T090000', 'STATUS:CANCELLED', 'DTSTART:20261124T080000Z'];
  assert.deepEqual(boundaries(calendar(daily, moved, off), NOVEMBER), ['2026-11-23T15:00', '2026-11-23T16:00']);
});

test('a change for all that follows moves them all', () => {
  const daily = [UID, 'DTSTART:20261101T080000Z', 'DURATION:PT8H', 'RRULE:FREQ=DAILY;COUNT=24'];
  const later = [
    UID,
    'RECURRENCE-ID;RANGE=THISANDFUTURE:20261123T080000Z',
    'DTSTART:20261123T090000Z',
    'DURATION:PT4H',
  ];
  assert.deepEqual(boundaries(calendar(daily, later), NOVEMBER), [
    '2026-11-23T09:00',
    '2026-11-23T13:00',
    '2026-11-24T09:00',
    '2026-11-24T13:00',
  ]);
});

test('another event with the same times of recurrence is not touched by an exception', () => {
  const daily = (uid: string) => [uid, 'DTSTART:20261124T080000Z', 'DURATION:PT8H', 'RRULE:FREQ=DAILY;COUNT=1'];
  const off = [UID, 'RECURRENCE-ID:20261124T080000Z', 'STATUS:CANCELLED', 'DTSTART:20261124T080000Z', 'DURATION:PT8H'];
  assert.deepEqual(boundaries(calendar(daily(UID), daily('UID:other@test'), off), NOVEMBER), [
    '2026-11-24T08:00',
    '2026-11-24T16:00',
  ]);
});

test('a whole day off, a cancelled shift and a calendar without events have no boundaries', () => {
  const day = [UID, 'DTSTART;VALUE=DATE:20261123', 'DTEND;VALUE=DATE:20261124'];
  const off = [UID, 'DTSTART:20261123T080000Z', 'DURATION:PT8H', 'STATUS:CANCELLED'];
  assert.deepEqual(boundaries(calendar(day, off), NOVEMBER), []);
  assert.deepEqual(boundaries(calendar(), NOVEMBER), []);
});

test('every event that can not be understood is named, and nothing of it is repeated', () => {
  const text = calendar(
    [UID, 'DTSTART:20261123T080000Z', 'DURATION:PT8H'],
    [UID, 'DTSTART:20261123T080000Z'],
    [UID, 'DTSTART;TZID=Secret/Zone:20261123T080000'],
    [UID, 'DTSTART:secret'],
  );
  const found = problems(text);
  assert.deepEqual(
    found.map((problem) => problem.split(':')[0]),
    ['VEVENT 3', 'VEVENT 4'],
  );
  assert.doesNotMatch(found.join(), /secret/i);
});

test('an event without a start or with a rule that contradicts itself is refused', () => {
  const text = calendar(
    [UID, 'SUMMARY:secret'],
    [UID, 'DTSTART:20261123T080000Z', 'DURATION:PT8H', 'RRULE:FREQ=WEEKLY;BYMONTHDAY=3'],
  );
  assert.deepEqual(problems(text), [
    'VEVENT 1: has no DTSTART',
    'VEVENT 2: has dates or a recurrence that make no sense',
  ]);
});

test('a rule that makes more occurrences than anybody has shifts is refused', () => {
  const text = calendar([UID, 'DTSTART:20260101T080000Z', 'DURATION:PT1M', 'RRULE:FREQ=MINUTELY']);
  assert.match(problems(text)[0] ?? '', /recurs more than 20000 times/);
});

test('what is no calendar is refused', () => {
  for (const text of ['', '<html></html>', '{}', 'BEGIN:VCALENDAR\r\nVERSION:2.0', 'BEGIN:VCARD\r\nEND:VCARD\r\n']) {
    assert.deepEqual(problems(text), [': is no iCalendar file, or has a line that makes no sense']);
  }
});
