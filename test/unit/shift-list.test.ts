import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readShiftList } from '../../shifts/shift-list.ts';

const WINDOW = { fromMs: Date.parse('2026-11-23T00:00:00Z'), toMs: Date.parse('2026-11-24T00:00:00Z') };
const SHIFT = { agentId: 'agent-1', start: '2026-11-23T08:00:00+01:00', end: '2026-11-23T16:00:00+01:00' };

function list(more: object): string {
  return JSON.stringify({ version: 1, shifts: [SHIFT], ...more });
}

test('each agent has the boundaries of their own shifts within the window, in order', () => {
  const read = readShiftList(
    list({
      shifts: [
        { agentId: 'agent-1', start: '2026-11-23T18:00:00Z', end: '2026-11-24T02:00:00Z' },
        SHIFT,
        { ...SHIFT, agentId: 'agent-2', end: '2026-11-23T12:00:00Z' },
      ],
    }),
    WINDOW,
  );
  assert.ok(read.ok);
  assert.deepEqual(
    [...read.boundaries.byAgent].map(([agentId, times]) => [agentId, times.map((ms) => new Date(ms).toISOString())]),
    [
      ['agent-1', ['2026-11-23T07:00:00.000Z', '2026-11-23T15:00:00.000Z', '2026-11-23T18:00:00.000Z']],
      ['agent-2', ['2026-11-23T07:00:00.000Z', '2026-11-23T12:00:00.000Z']],
    ],
  );
});

test('a list says until when it is valid', () => {
  const read = readShiftList(list({ validUntil: '2026-11-30T00:00:00Z' }), WINDOW);
  assert.ok(read.ok);
  assert.equal(read.boundaries.validUntilMs, Date.parse('2026-11-30T00:00:00Z'));
});

const BAD: [object, string][] = [
  [{ version: 2 }, 'version'],
  [{ shifts: undefined }, 'shifts'],
  [{ shift: [] }, 'shift'],
  [{ validUntil: 'tomorrow' }, 'validUntil'],
  [{ shifts: [{ ...SHIFT, agentId: '../x' }] }, 'shifts.0.agentId'],
  [{ shifts: [SHIFT, { ...SHIFT, start: '2026-11-23T08:00:00' }] }, 'shifts.1.start'],
  [{ shifts: [{ ...SHIFT, start: 1_795_000_000 }] }, 'shifts.0.start'],
  [{ shifts: [{ ...SHIFT, end: '2026-11-31T08:00:00Z' }] }, 'shifts.0.end'],
  [{ shifts: [{ ...SHIFT, end: SHIFT.start }] }, 'shifts.0.end'],
  [{ shifts: [{ ...SHIFT, name: 'early' }] }, 'shifts.0.name'],
];
for (const [more, path] of BAD) {
  test(`a list is refused for ${path} of ${JSON.stringify(more)}`, () => {
    const read = readShiftList(list(more), WINDOW);
    assert.ok(!read.ok);
    assert.deepEqual(
      read.problems.map((problem) => problem.path),
      [path],
    );
  });
}

test('what is no JSON is refused', () => {
  assert.deepEqual(readShiftList('<html>', WINDOW), {
    ok: false,
    problems: [{ path: '', message: 'is not valid JSON' }],
  });
});
