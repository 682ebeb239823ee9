import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createJsonlTrail } from '../../audit/jsonl-trail.ts';
import type { AuditTrail } from '../../audit/trail.ts';
import { makeMonthReport, type MonthReport } from '../../client/audit/month-report.ts';
import { readMonth, type Month } from '../../client/audit/month.ts';
import { renderReportPage } from '../../client/audit/report-page.ts';
import type { AuditRecord } from '../../domain/audit-record.ts';
import { auditMonth, requestRecords, waitingCase } from '../support/audit-month.ts';
import { auditRecord } from '../support/audit-record.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const AFTERWARDS = Date.parse('2026-12-24T00:00:00Z');
const PROBLEM = { code: 'lock-timeout', message: 'm' };

test('a month is counted by ends, requesters, agents and skills', async (t) => {
  const records = auditMonth();
  const report = await reportOf(t, records);
  const ends = records.filter(({ data }) => data.stage === 'outcome');
  assert.equal(report.records, records.length);
  assert.equal(report.requests, ends.length);
  const { success, noop, failure } = report.outcomes;
  assert.equal(success, ends.filter(({ data }) => data.outcome === 'success').length);
  assert.equal(success + noop + failure, ends.length);
  for (const shares of [report.requesters, report.byAgent, report.skills]) {
    assert.equal(total(shares.map(({ requests }) => requests)), ends.length);
    for (const share of shares) assert.equal(share.requests, share.success + share.noop + share.failure);
  }
  assert.equal(total(report.days.map((day) => day.success + day.noop + day.failure)), ends.length);
  assert.equal(total(report.days.map(({ parked }) => parked)), 3);
});

test('every case that waited for a person is told with what people decided and how it ended', async (t) => {
  const { cases } = await reportOf(t, auditMonth());
  assert.deepEqual(
    cases.map(({ requestId, reasons, decisions, end }) => ({
      requestId,
      reasons,
      decisions: decisions.map(({ action, operator }) => `${action} ${operator}`),
      end: end?.status,
    })),
    [
      {
        requestId: 'req-5901',
        reasons: ['routing-not-synchronised'],
        decisions: ['reconcile-retry m.okafor'],
        end: 'provisioned',
      },
      { requestId: 'req-5902', reasons: ['lock-timeout'], decisions: ['reconcile-abandon m.okafor'], end: 'abandoned' },
      { requestId: 'req-5903', reasons: ['conflict-limit'], decisions: [], end: undefined },
    ],
  );
});

test('refusals, failed log-ins and missing scopes, and what is open, are listed', async (t) => {
  const { refusals, access, open } = await reportOf(t, auditMonth());
  assert.ok(refusals.length > 0 && refusals.every(({ problem }) => problem?.code === 'unknown-skill'));
  assert.deepEqual(
    access.map(({ status }) => status),
    ['login-failed', 'scope-missing'],
  );
  assert.deepEqual(
    open.map(({ requestId, parked, hasIntent }) => ({ requestId, parked, hasIntent })),
    [
      { requestId: 'req-5903', parked: 'conflict-limit', hasIntent: true },
      { requestId: 'req-5904', parked: undefined, hasIntent: true },
    ],
  );
});

test('what ended after the month was open at its end', async (t) => {
  const late = waitingCase({
    index: 1,
    since: '2026-11-30T20:00:00.000Z',
    problem: PROBLEM,
    decided: { time: '2026-12-01T08:00:00.000Z', action: 'reconcile-retry', note: 'n' },
    end: { time: '2026-12-01T08:01:00.000Z', status: 'provisioned' },
  });
  const november = await reportOf(t, late);
  assert.equal(november.open.length, 1);
  assert.equal(november.cases[0]?.end, undefined);
  const december = await reportOf(t, late, month('2026-12'));
  assert.deepEqual(december.open, []);
  const [case1] = december.cases;
  assert.equal(case1?.since, '2026-11-30T20:00:00.000Z');
  assert.deepEqual(case1.reasons, ['lock-timeout']);
  assert.equal(case1.end?.status, 'provisioned');
});

test('what was left open in an earlier month is still told', async (t) => {
  const [intent] = requestRecords({ index: 1, time: '2026-09-30T10:00:00.000Z', status: 'provisioned' });
  assert.ok(intent !== undefined);
  assert.equal((await reportOf(t, [intent])).open.length, 1);
});

test('a month begins and ends at midnight of its zone, also where the clocks change', async (t) => {
  const berlin = month('2026-10', 'Europe/Berlin');
  assert.equal(berlin.since, '2026-10-01T00:00:00+02:00');
  assert.equal(berlin.until, '2026-11-01T00:00:00+01:00');
  assert.equal(berlin.days.length, 31);
  const times = [
    '2026-09-30T21:59:59.999Z',
    '2026-09-30T22:00:00.000Z',
    '2026-10-31T22:59:59.999Z',
    '2026-10-31T23:00:00.000Z',
  ];
  const records = times.map((time, index) => outcome(`r-${index}`, time));
  const report = await reportOf(t, records, berlin);
  assert.equal(report.requests, 2);
  assert.equal(report.days[0]?.success, 1);
  assert.equal(report.days[30]?.success, 1);
});

test('a month that has begun is told as it stands', async (t) => {
  const report = await reportOf(t, auditMonth(), month('2026-11'), Date.parse('2026-11-28T12:00:00Z'));
  assert.equal(report.asOf, '2026-11-28T12:00:00.000Z');
  assert.match(renderReportPage(report), /Without an outcome so far/);
});

test('an empty month says so', async (t) => {
  const page = renderReportPage(await reportOf(t, []));
  for (const words of ['No request ended', 'No request waited', 'No request was refused', 'Nothing was left open']) {
    assert.ok(page.includes(words), words);
  }
  assert.doesNotMatch(page, /NaN|undefined|Infinity/);
});

test('nothing in a record can become markup of the page', async (t) => {
  const nasty = `</td><script>alert(1)</script>"'><img src=x onerror=alert(1)>&lt;`;
  const data = {
    agentId: nasty,
    requestId: nasty,
    requestedBy: nasty,
    actor: nasty,
    operator: nasty,
    reason: nasty,
    note: nasty,
    ticket: nasty,
    changes: [{ action: 'assign' as const, skillId: nasty, name: `${nasty}!`, requestedLevel: 3 }],
    problem: { code: nasty, message: nasty },
  };
  const records = [
    auditRecord('1', data),
    auditRecord('2', { ...data, stage: 'event', status: 'parked', outcome: 'unknown' }),
    auditRecord('3', { ...data, stage: 'event', status: 'reconcile-retry' }),
    auditRecord('4', { ...data, stage: 'outcome', status: 'rejected', outcome: 'failure' }),
    auditRecord('5', { ...data, requestId: 'open' }),
    auditRecord('6', { ...data, stage: 'event', status: 'login-failed', outcome: 'failure' }),
  ];
  const report = await reportOf(t, records);
  const page = renderReportPage({ ...report, source: nasty, tenantId: nasty });
  assert.ok(page.includes('&lt;script&gt;'));
  const tags = new Set([...page.matchAll(/<\/?([a-zA-Z!]+)/g)].map(([, name]) => name));
  for (const name of ['script', 'img', 'iframe', 'object', 'link']) assert.ok(!tags.has(name), name);
  // Each attribute of each tag is one that the page itself writes.
  for (const [tag] of page.matchAll(/<[a-z][^>]*>/gi)) assert.doesNotMatch(tag, /\son\w+=|javascript:|src=/i);
});

test('the page loads nothing and runs nothing', async (t) => {
  const page = renderReportPage(await reportOf(t, auditMonth()));
  assert.match(page, /Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/);
  assert.doesNotMatch(page, /https?:|url\(|@import|<script/i);
  const links = [...page.matchAll(/href="([^"]*)"/g)].map(([, target]) => target ?? '');
  for (const target of links) assert.ok(page.includes(`id="${target.slice(1)}"`), target);
});

function outcome(requestId: string, time: string): AuditRecord {
  return { ...auditRecord(requestId, { stage: 'outcome', requestId }), time };
}

function month(name: string, zone = 'UTC'): Month {
  const found = readMonth(name, zone);
  assert.ok(found !== undefined);
  return found;
}

async function reportOf(
  t: TestContext,
  records: readonly AuditRecord[],
  of = month('2026-11'),
  now = AFTERWARDS,
): Promise<MonthReport> {
  return makeMonthReport(trailOf(t, records), of, { now });
}

function trailOf(t: TestContext, records: readonly AuditRecord[]): AuditTrail {
  const path = join(temporaryFolder(t), 'audit.jsonl');
  writeFileSync(path, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  return createJsonlTrail([path]);
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
