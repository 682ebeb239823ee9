import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BulkItem } from '../../files/bulk-input.ts';
import { toPages } from '../../files/pages.ts';
import { readFailed } from '../../files/report-input.ts';
import { CSV_HEADER, toCsv, toJsonLine, type ReportLine } from '../../files/report.ts';

const ORDER = { requestedBy: 'kim', reason: 'skill exists now' };
const REQUEST: ReportLine['request'] = {
  line: 2,
  requestId: 'r-1',
  agentId: '4711',
  changes: [
    { action: 'assign', skill: { name: '=cmd|" /C calc"!A1', skillGroup: "'+x" }, level: 3.7, expectedLevel: 0 },
    { action: 'remove', skill: { skillId: 'sk-1', name: '-1' } },
    { action: 'assign', skill: { name: ' @a; b, "c" ' }, level: 1 },
  ],
  requestedBy: 'j.doe',
  reason: 'peak\u2028hours, "really"',
  ticket: '@ops',
};
const REJECTED: ReportLine = {
  request: REQUEST,
  status: 'rejected',
  outcome: {
    requestId: 'r-1',
    status: 'rejected',
    changes: [{ name: 'x', requestedLevel: 3.7, previousLevel: 2, level: 2 }],
    toggles: 0,
    conflicts: 1,
    problem: { code: 'unknown-skill', message: '- no skill "x"\nin this tenant' },
  },
};

test('the failed requests of a report are made again as they were, by whom and why the new order says', () => {
  const others = [
    'provisioned',
    'unchanged',
    'accepted',
    'abandoned',
    'rolled-back',
    'awaiting-reconciliation',
    'open',
    'waiting',
  ];
  const lines = [
    REJECTED,
    ...others.map((status, index) => lineOf(`r-${index + 2}`, status)),
    ...['failed', 'cancelled', 'not-submitted'].map((status) => lineOf(status, status)),
  ];
  for (const [format, text] of [
    ['csv', CSV_HEADER + lines.map(toCsv).join('')],
    ['jsonl', lines.map(toJsonLine).join('')],
  ] as const) {
    const { items, problems } = readFailed(text, format, ORDER);
    assert.deepEqual(problems.list(), []);
    assert.deepEqual(items, [
      { line: 2, agentId: '4711', changes: REQUEST.changes, ...ORDER, ticket: '@ops' },
      ...['failed', 'cancelled', 'not-submitted'].map((status) => itemOf(status)),
    ]);
  }
});

test('no cell of a report is a formula, and each change has a row with what was before and after', () => {
  const rows = toCsv(REJECTED).split('\r\n');
  assert.equal(rows.length, 4);
  assert.match(
    rows[0] ?? '',
    /^2,4711,assign,,"'=cmd\|"" \/C calc""!A1",''\+x,3\.7,0,rejected,2,2,unknown-skill,"'- no skill ""x"" in/,
  );
  for (const row of rows) assert.doesNotMatch(row, /(?:^|,)"?[=+@]/);
});

test('a report that was edited into something that is no request is refused by line and cell', () => {
  const table = (CSV_HEADER + toCsv(REJECTED)).replaceAll('\r', '').replace(',3.7,', ',seven,');
  assert.deepEqual(readFailed(table, 'csv', ORDER).problems.list(), [
    { line: 2, column: 7, message: 'level must be a number from 1 to 5, not "seven"' },
  ]);
  const lines = toJsonLine(REJECTED).replace('3.7,"expectedLevel"', '7,"expectedLevel"');
  assert.deepEqual(
    readFailed(`${lines}{}\n`, 'jsonl', ORDER)
      .problems.list()
      .map(({ line }) => line),
    [1, 2],
  );
});

test('a new ticket takes the place of the old one', () => {
  const { items } = readFailed(toJsonLine(REJECTED), 'jsonl', { ...ORDER, ticket: 'OPS-2' });
  assert.equal(items[0]?.ticket, 'OPS-2');
});

test('the same file makes the same bulk, and under another id another one', () => {
  const items = [itemOf('4711')];
  const first = toPages(items, 'a'.repeat(64));
  assert.deepEqual(toPages(items, 'a'.repeat(64)), first);
  const again = toPages(items, 'a'.repeat(64), 'next-week');
  assert.equal(again.bulkId, 'next-week');
  assert.notEqual(again.pages[0]?.requests[0]?.requestId, first.pages[0]?.requests[0]?.requestId);
  assert.notEqual(toPages(items, 'b'.repeat(64)).bulkId, first.bulkId);
});

test('pages hold 500 requests, 5,000 changes and 1 MB at most, and every request once and in order', () => {
  const small = Array.from({ length: 1_201 }, (_, index) => itemOf(`a${index}`));
  const wide = Array.from({ length: 150 }, (_, index) => ({ ...itemOf(`w${index}`), changes: changes(50, 'x') }));
  const heavy = Array.from({ length: 30 }, (_, index) => ({
    ...itemOf(`h${index}`),
    changes: changes(50, '漢'.repeat(400)),
  }));
  const items = [...small, ...wide, ...heavy];
  const { pages } = toPages(items, 'a'.repeat(64));
  for (const page of pages) {
    assert.ok(page.requests.length >= 1 && page.requests.length <= 500);
    assert.ok(page.requests.reduce((sum, request) => sum + request.changes.length, 0) <= 5_000);
    assert.ok(Buffer.byteLength(JSON.stringify(page)) <= 1_000_000);
  }
  const requests = pages.flatMap((page) => page.requests);
  assert.deepEqual(
    requests.map(({ requestId: _id, ...item }) => item),
    items,
  );
  assert.equal(new Set(requests.map(({ requestId }) => requestId)).size, items.length);
  for (const { requestId } of requests) assert.match(requestId, /^[A-Za-z0-9_-]{1,64}$/);
  assert.ok(pages.length < 30, `${pages.length} pages`);
});

function itemOf(agentId: string): BulkItem {
  return { line: 7, agentId, changes: [{ action: 'remove', skill: { name: 'Billing' } }], ...ORDER };
}

function lineOf(requestId: string, status: string): ReportLine {
  return { request: { ...itemOf(requestId), requestId, requestedBy: 'j.doe', reason: 'peak hours' }, status };
}

function changes(count: number, text: string): BulkItem['changes'] {
  return Array.from({ length: count }, (_, index) => ({
    action: 'remove' as const,
    skill: { name: `${text}${index}` },
  }));
}
