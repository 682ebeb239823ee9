import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readCalendar } from '../../shifts/calendar.ts';
import { readShiftList } from '../../shifts/shift-list.ts';
import { anyDocument, nearValid } from './near-valid.ts';
import { hasOnly, isFields, isIdOf } from './oracle.ts';

const WINDOW = { fromMs: Date.parse('2026-11-23T00:00:00Z'), toMs: Date.parse('2026-11-26T00:00:00Z') };
const SHIFT = { agentId: 'agent-1', start: '2026-11-23T08:00:00+01:00', end: '2026-11-23T16:00:00Z' };
const LISTS = [
  { version: 1, shifts: [SHIFT] },
  { version: 1, validUntil: '2026-11-30T00:00:00Z', shifts: [SHIFT, { ...SHIFT, agentId: 'b' }] },
];

/** What the format allows, written down once more. */
function isList(value: unknown): boolean {
  if (!isFields(value) || !hasOnly(value, ['version', 'shifts'], ['validUntil'])) return false;
  const { version, shifts, validUntil } = value;
  return (
    version === 1 && (validUntil === undefined || isTime(validUntil)) && Array.isArray(shifts) && shifts.every(isShift)
  );
}

function isShift(value: unknown): boolean {
  if (!isFields(value) || !hasOnly(value, ['agentId', 'start', 'end'], [])) return false;
  const { agentId, start, end } = value;
  if (!isIdOf(agentId, 64, '-') || agentId.startsWith('-') || !isTime(start) || !isTime(end)) return false;
  return Date.parse(start) < Date.parse(end);
}

function isTime(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const zoned = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/;
  return zoned.test(value) && !Number.isNaN(Date.parse(value));
}

test('a list of shifts is accepted exactly if the format allows it', () => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.oneof({ weight: 8, arbitrary: nearValid(LISTS) }, anyDocument), (value) => {
      const json = writable(value);
      const read = readShiftList(json, WINDOW);
      assert.equal(read.ok, isList(JSON.parse(json)), json.slice(0, 300));
      accepted += read.ok ? 1 : 0;
    }),
    { numRuns: 2_000 },
  );
  assert.ok(accepted > 20, `only ${accepted} were near enough`);
});

/** A document too deep for `JSON.stringify` becomes one as deep. */
function writable(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '['.repeat(20_000) + ']'.repeat(20_000);
  }
}

const LINES = [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'BEGIN:VTIMEZONE',
  'TZID:Office',
  'BEGIN:STANDARD',
  'DTSTART:19700101T000000',
  'TZOFFSETFROM:+0300',
  'TZOFFSETTO:+0300',
  'END:STANDARD',
  'END:VTIMEZONE',
  'BEGIN:VEVENT',
  'UID:1',
  'DTSTART;TZID=Office:20261123T080000',
  'DTEND;TZID=Europe/Berlin:20261123T160000',
  'EXDATE:20261124T080000Z',
  'STATUS:CONFIRMED',
  'END:VEVENT',
  'BEGIN:VEVENT',
  'UID:1',
  'RECURRENCE-ID;VALUE=DATE:20261123',
  'RDATE;VALUE=PERIOD:20261123T080000Z/PT1H',
  'DTSTART;VALUE=DATE:20261123',
  'END:VEVENT',
  'END:VCALENDAR',
];

/** A calendar in which some lines are gone, doubled, swapped or damaged. */
const calendars = fc
  .array(
    fc.tuple(
      fc.nat(LINES.length - 1),
      fc.constantFrom('drop', 'double', 'cut', 'spoil'),
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.nat(40),
    ),
    { maxLength: 4 },
  )
  .map((damages) => {
    const lines = [...LINES];
    for (const [at, how, text, column] of damages) {
      const line = lines[at] ?? '';
      if (how === 'drop') lines[at] = '';
      else if (how === 'double') lines[at] = `${line}\r\n${line}`;
      else lines[at] = line.slice(0, column) + text + (how === 'cut' ? '' : line.slice(column + text.length));
    }
    return lines.filter((line) => line !== '').join('\r\n');
  });

test('whatever a calendar looks like, it is read or refused', () => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.oneof({ weight: 8, arbitrary: calendars }, { weight: 1, arbitrary: fc.string() }), (text) => {
      const read = readCalendar(text, { window: WINDOW, timeZone: 'Europe/Berlin' });
      if (!read.ok) {
        assert.ok(read.problems.length > 0 && read.problems.every(({ message }) => message !== ''));
        return;
      }
      accepted += 1;
      const { boundaries } = read;
      assert.ok(boundaries.every((time) => time >= WINDOW.fromMs && time <= WINDOW.toMs));
      assert.deepEqual(
        boundaries,
        [...new Set(boundaries)].sort((one, other) => one - other),
      );
    }),
    { numRuns: 3_000 },
  );
  assert.ok(accepted > 100, `only ${accepted} were near enough`);
});
