import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parseConfig } from '../../worker/config.ts';
import { readShiftFeeds } from '../../worker/shift-feeds.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ONE = [{ tenantId: 'acme' }];
const FEED = { name: 'desk', format: 'icalendar', url: 'https://wfm.example.com/desk.ics?key=s3cret' };

function feedsFile(t: TestContext, content: unknown): string {
  const file = join(temporaryFolder(t), 'feeds.json');
  writeFileSync(file, JSON.stringify(content));
  return file;
}

test('feeds are read from a file, with paths relative to it and the only tenant', (t) => {
  const file = feedsFile(t, [
    { ...FEED, agents: ['agent-1'], timeZone: 'Europe/Berlin', tokenFile: 'token' },
    { name: 'list', format: 'json', file: 'shifts.json' },
  ]);
  writeFileSync(join(file, '..', 'token'), 'one\n');
  const parsed = parseConfig({
    CXONE_TENANT_ID: 'acme',
    CXONE_CLIENT_ID: 'client',
    CXONE_CLIENT_SECRET: 'secret',
    SHIFT_FEEDS: file,
    SHIFT_FEED_STALE: 'wait',
    SHIFT_FEED_MAX_AGE: '2h',
  });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  const { shifts } = parsed.config;
  assert.deepEqual([shifts?.intervalMs, shifts?.maxAgeMs, shifts?.whenStale], [60_000, 7_200_000, 'wait']);
  const [desk, list] = shifts?.feeds ?? [];
  assert.deepEqual([desk?.tenantId, desk?.agents, desk?.timeZone], ['acme', ['agent-1'], 'Europe/Berlin']);
  assert.deepEqual([desk?.url?.(), desk?.token?.()], [FEED.url, 'one']);
  assert.deepEqual([list?.tenantId, list?.agents, list?.file], ['acme', undefined, join(file, '..', 'shifts.json')]);
  assert.doesNotMatch(JSON.stringify(parsed.config), /s3cret/);
});

test('a token that is not there any more is named as that', (t) => {
  const read = readShiftFeeds(feedsFile(t, [{ ...FEED, tokenFile: 'nowhere' }]), ONE);
  assert.ok(read.ok);
  assert.throws(() => read.feeds[0]?.token?.(), { name: 'FeedError', message: /^has no token/ });
});

const BAD: [unknown, string][] = [
  [[], ''],
  [{}, ''],
  [[{ ...FEED, name: 'a b' }], '0.name'],
  [[FEED, FEED], '1.name'],
  [[{ ...FEED, format: 'csv' }], '0.format'],
  [[{ ...FEED, format: undefined }], '0.format'],
  [[{ ...FEED, url: undefined }], '0.url'],
  [[{ ...FEED, file: 'desk.ics' }], '0.url'],
  [[{ ...FEED, url: 'http://wfm.example.com/desk.ics' }], '0.url'],
  [[{ ...FEED, url: 'https://user:s3cret@wfm.example.com/desk.ics' }], '0.url'],
  [[{ ...FEED, agents: [] }], '0.agents'],
  [[{ ...FEED, agents: ['../x'] }], '0.agents.0'],
  [[{ ...FEED, timeZone: 'Berlin' }], '0.timeZone'],
  [[{ ...FEED, format: 'json', timeZone: 'Europe/Berlin' }], '0.timeZone'],
  [[{ name: 'desk', format: 'icalendar', file: 'desk.ics', tokenFile: 'token' }], '0.tokenFile'],
  [[{ ...FEED, tenantId: 'other' }], '0.tenantId'],
  [[{ ...FEED, secret: 's3cret' }], '0.secret'],
];
for (const [index, [content, path]] of BAD.entries()) {
  test(`a file of feeds is refused for ${path === '' ? 'being none' : path} (case ${index + 1})`, (t) => {
    const read = readShiftFeeds(feedsFile(t, content), ONE);
    assert.ok(!read.ok);
    assert.deepEqual(
      read.problems.map((problem) => problem.path),
      [path],
    );
    assert.doesNotMatch(JSON.stringify(read.problems), /s3cret/);
  });
}

test('with several tenants each feed says whose it is', (t) => {
  const tenants = [{ tenantId: 'acme' }, { tenantId: 'beta' }];
  const read = readShiftFeeds(feedsFile(t, [FEED, { ...FEED, name: 'other', tenantId: 'beta' }]), tenants);
  assert.ok(!read.ok);
  assert.deepEqual(
    read.problems.map(({ path }) => path),
    ['0.tenantId'],
  );
});
