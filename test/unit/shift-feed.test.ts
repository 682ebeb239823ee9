import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createFileSource, createUrlSource, type FeedSource } from '../../shifts/source.ts';
import { createClock, startDouble } from '../support/cxone-double.ts';
import { feedOf, HOUR_MS, scheduleOf, shiftIn, shiftList } from '../support/shifts.ts';
import { DEMO_TENANT_ID } from '../../simulator/index.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const NEVER = new AbortController().signal;
const AGENT = 'agent-1';
const DEMO_AGENT = { tenantId: DEMO_TENANT_ID, agentId: AGENT };
const MARGIN = { beforeMs: HOUR_MS, afterMs: HOUR_MS };

/** A server of one feed: `answer` is called for each request. */
async function served(
  t: TestContext,
  answer: (response: ServerResponse, headers: Record<string, unknown>) => void,
  token?: () => string,
): Promise<{ source: FeedSource; requests: () => number }> {
  const { url, seen } = await startDouble(t, ({ headers }, response) => answer(response, headers));
  const source = createUrlSource({
    url: `${url}/shifts?key=secret-key`,
    userAgent: 'skill-provisioner/test',
    ...(token === undefined ? {} : { token }),
  });
  return { source, requests: () => seen.length };
}

test('a feed that has not changed is confirmed by its ETag, without being sent again', async (t) => {
  const asked: unknown[] = [];
  const { source } = await served(t, (response, headers) => {
    asked.push(headers['if-none-match']);
    if (headers['if-none-match'] === '"v1"') response.writeHead(304).end();
    else response.writeHead(200, { etag: '"v1"' }).end(shiftList([shiftIn(1_000, AGENT)]));
  });
  const clock = createClock(Date.now());
  const feed = feedOf({ source }, clock.now);
  await feed.refresh(NEVER);
  clock.advance(2 * HOUR_MS);
  assert.match(feed.staleness() ?? '', /^was last read at/);
  await feed.refresh(NEVER);
  assert.deepEqual(asked, [undefined, '"v1"']);
  assert.equal(feed.staleness(), undefined);
  assert.equal(feed.boundariesOf(AGENT).length, 2);
});

test('the ETag of a content that is not usable is not given back, so that it is never taken for confirmed', async (t) => {
  const asked: unknown[] = [];
  const { source } = await served(t, (response, headers) => {
    asked.push(headers['if-none-match']);
    response.writeHead(200, { etag: '"broken"' }).end('<html>Sign in</html>');
  });
  const feed = feedOf({ source });
  await feed.refresh(NEVER);
  await feed.refresh(NEVER);
  assert.deepEqual(asked, [undefined, undefined]);
  assert.match(feed.staleness() ?? '', /^has never been read: it is not usable: is not valid JSON/);
});

test('a feed that is down keeps what was read before, and is stale when that is too old', async (t) => {
  let down = false;
  const { source } = await served(t, (response) => {
    if (down) response.writeHead(503).end();
    else response.end(shiftList([shiftIn(1_000, AGENT)]));
  });
  const clock = createClock(Date.now());
  const feed = feedOf({ source }, clock.now);
  await feed.refresh(NEVER);
  down = true;
  await feed.refresh(NEVER);
  assert.equal(feed.staleness(), undefined);
  assert.equal(feed.problem, 'answered with status 503');
  assert.equal(feed.boundariesOf(AGENT).length, 2);
  clock.advance(HOUR_MS + 1);
  assert.match(feed.staleness() ?? '', /^was last read at .*: it answered with status 503$/);
});

test('a schedule that has run out is stale although its server answers', async (t) => {
  const clock = createClock(Date.now());
  const validUntil = new Date(clock.now() + 1_000).toISOString();
  const { source } = await served(t, (response) => response.end(shiftList([], { validUntil })));
  const feed = feedOf({ source }, clock.now);
  await feed.refresh(NEVER);
  assert.equal(feed.staleness(), undefined);
  clock.advance(1_000);
  assert.equal(feed.staleness(), `is valid until ${validUntil}`);
});

test('a recurring shift is known days later too, even if the feed has not been read since', async () => {
  const from = Date.parse('2026-11-01T00:00:00Z');
  const event = ['UID:1', 'DTSTART:20261101T080000Z', 'DURATION:PT8H', 'RRULE:FREQ=DAILY'];
  const text = ['BEGIN:VCALENDAR', 'BEGIN:VEVENT', ...event, 'END:VEVENT', 'END:VCALENDAR'].join('\r\n');
  const clock = createClock(from);
  let down = false;
  const source: FeedSource = async () => (down ? Promise.reject(new Error('down')) : { text });
  const feed = feedOf({ format: 'icalendar', source }, clock.now);
  await feed.refresh(NEVER);
  down = true;
  clock.advance(20 * 24 * HOUR_MS);
  await feed.refresh(NEVER);
  assert.ok(feed.boundariesOf(AGENT).includes(Date.parse('2026-11-21T08:00:00Z')));
});

test('a server that never ends its answer and a rule that never comes true are given up, and hold nothing up', async (t) => {
  const endless = await served(t, (response) => response.writeHead(200).write('{'));
  const unanswered = feedOf({ source: endless.source });
  const event = ['UID:1', 'DTSTART:20261101T080000Z', 'DURATION:PT8H', 'RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30'];
  const text = ['BEGIN:VCALENDAR', 'BEGIN:VEVENT', ...event, 'END:VEVENT', 'END:VCALENDAR'].join('\r\n');
  const feed = feedOf({ format: 'icalendar', source: async () => ({ text }) });
  const refreshed = Promise.all([feed.refresh(NEVER), unanswered.refresh(NEVER)]);
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 10);
  await refreshed;
  clearInterval(timer);
  assert.match(feed.problem ?? '', /is not usable: takes (too long|more memory)/);
  assert.equal(unanswered.problem, 'did not answer within 10 s');
  assert.ok(turns > 0, 'other work had its turn');
});

test('what a server answers otherwise is named, without its address', async (t) => {
  const answers: [(response: ServerResponse) => void, RegExp][] = [
    [(response) => response.writeHead(302, { location: '/elsewhere' }).end(), /^answered with status 302$/],
    [(response) => response.writeHead(304).end(), /^answered with status 304$/],
    [(response) => response.destroy(), /^can't be reached/],
    [(response) => response.end(Buffer.from([0xff, 0xfe, 0x41])), /^is not UTF-8$/],
    [(response) => response.end('x'.repeat(9 * 1024 * 1024)), /^is longer than 8 MiB$/],
  ];
  for (const [answer, expected] of answers) {
    const { source } = await served(t, answer);
    const feed = feedOf({ source });
    await feed.refresh(NEVER);
    assert.match(feed.problem ?? '', expected);
    assert.doesNotMatch(feed.staleness() ?? '', /secret-key|127\.0\.0\.1/);
  }
});

test('a feed that is being read when the worker stops is given up at once', async (t) => {
  const { source } = await served(t, (response) => response.writeHead(200).write('{'));
  const stopped = new AbortController();
  const feed = feedOf({ source });
  const refreshed = feed.refresh(stopped.signal);
  stopped.abort();
  await refreshed;
  assert.notEqual(feed.problem, undefined);
});

test('the token goes along, as it is at the time', async (t) => {
  const seen: unknown[] = [];
  let token = 'first';
  const { source } = await served(
    t,
    (response, headers) => {
      seen.push(headers['authorization']);
      response.end(shiftList([]));
    },
    () => token,
  );
  const feed = feedOf({ source });
  await feed.refresh(NEVER);
  token = 'second';
  await feed.refresh(NEVER);
  assert.deepEqual(seen, ['Bearer first', 'Bearer second']);
});

test('a file is read again each time; one that is gone is named by its error', async (t) => {
  const path = join(temporaryFolder(t), 'shifts.json');
  const feed = feedOf({ source: createFileSource(path) });
  await feed.refresh(NEVER);
  assert.equal(feed.problem, "can't be read from its file (ENOENT)");
  writeFileSync(path, `\uFEFF${shiftList([shiftIn(0, AGENT)])}`);
  await feed.refresh(NEVER);
  assert.equal(feed.boundariesOf(AGENT).length, 2);
  writeFileSync(path, shiftList([]));
  await feed.refresh(NEVER);
  assert.deepEqual(feed.boundariesOf(AGENT), []);
});

test('an agent keeps away from the boundaries of all feeds about them, and of no other', async (t) => {
  const ofTeam = feedOf({ name: 'team', agents: new Set([AGENT]), source: async () => ({ text: shiftList([]) }) });
  const ofAll = feedOf({ source: async () => ({ text: shiftList([shiftIn(1_000, AGENT)]) }) });
  const elsewhere = feedOf({
    tenantId: 'other',
    source: async () => ({ text: shiftList([shiftIn(1_000, 'agent-2')]) }),
  });
  const schedule = await scheduleOf(t, [ofTeam, ofAll, elsewhere]);
  assert.equal(schedule.judge(DEMO_AGENT, MARGIN).kind, 'near');
  assert.deepEqual(schedule.judge({ ...DEMO_AGENT, agentId: 'agent-2' }, MARGIN), { kind: 'clear' });
});

test('a stale feed lets work go on and is counted, or holds it, as told; and only that of its agents', async (t) => {
  const down: FeedSource = async () => Promise.reject(new Error('down'));
  const feed = feedOf({ name: 'team', agents: new Set([AGENT]), source: down });
  const proceeding = await scheduleOf(t, [feed]);
  assert.deepEqual(proceeding.judge(DEMO_AGENT, MARGIN), { kind: 'clear', unchecked: 'team' });
  const waiting = await scheduleOf(t, [feed], 'wait');
  assert.deepEqual(waiting.judge(DEMO_AGENT, MARGIN), { kind: 'stale', feed: 'team' });
  assert.deepEqual(waiting.judge({ ...DEMO_AGENT, agentId: 'agent-2' }, MARGIN), { kind: 'clear' });
  assert.throws(() => waiting.assertFresh(), { message: 'team has never been read: it could not be read' });
});

test('a boundary of a stale schedule still counts', async (t) => {
  let reads = 0;
  const source: FeedSource = async () => {
    reads += 1;
    return reads === 1 ? { text: shiftList([shiftIn(30 * 60_000, AGENT)]) } : Promise.reject(new Error('down'));
  };
  const feed = feedOf({ source, maxAgeMs: -1 });
  const schedule = await scheduleOf(t, [feed]);
  assert.notEqual(feed.staleness(), undefined);
  assert.equal(schedule.judge(DEMO_AGENT, MARGIN).kind, 'near');
});
