import { test } from 'node:test';
import { alter, asking, caught, clean, holds, REMOVAL, WISH } from '../support/invariants-cases.ts';
import { Story } from '../support/invariants-story.ts';

test('I10: a request within Retry-After is caught, in seconds and as a date', () => {
  const date = new Date(Date.parse('2026-01-01T00:00:03Z')).toUTCString();
  for (const retryAfter of ['2', date]) {
    const story = asking();
    story.call('getSkill', { status: 429, retryAfter });
    story.wait(1000);
    story.read();
    caught('I10', story.input(), /#6 came \d+ ms before the Retry-After of #5 was over/);
  }
});

test('I10: a later request, another process, and what was on its way hold', () => {
  const story = asking();
  story.call('getSkill', { status: 429, retryAfter: '2' });
  story.call('getRouting');
  story.wait(500);
  story.call('getRouting', { userAgent: 'skill-provisioner/1 (w2)' });
  story.wait(1500);
  story.read();
  holds('I10', story.input());
});

test('I10: a repeat at once of what was refused is caught', () => {
  const story = asking();
  story.read({ status: 429, retryAfter: '2' });
  story.read();
  caught('I10', story.input(), /#6 came/);
});

test('I11: two token requests of a process at once are caught', () => {
  const story = asking();
  alter(story.entry(1), { answeredMono: 1000 });
  story.call('token');
  caught('I11', story.input(), /#5 asked for a token while #1 did/);
  alter(story.entry(5), { userAgent: 'skill-provisioner/1 (w2)' });
  holds('I11', story.input());
});

test('I11: a token used in its last 300 s is caught', () => {
  const story = asking();
  const { arrivedAt } = story.read();
  alter(story.last, { tokenExpiresAt: arrivedAt + 290_000 });
  caught('I11', story.input(), /#5 used a token in its last 300 s/);
  alter(story.last, { tokenExpiresAt: arrivedAt + 300_000 });
  holds('I11', story.input());
});

test('I12: an id that was read more than 60 s ago, or never, is caught', () => {
  const old = asking();
  old.wait(62_000);
  old.patch(WISH);
  caught('I12', old.input(), /#5 wrote s1, last read 62 s before/);
  const never = asking();
  never.patch([{ skillId: 's3', level: 1 }]);
  caught('I12', never.input(), /#5 wrote s3, last read Infinity s before/);
});

test('I12: a fresh id, and the removal of one that is gone, hold', () => {
  holds('I12', clean().input());
  const gone = new Story();
  gone.call('getSkill', { skillId: 's0', status: 404 });
  gone.patch(REMOVAL);
  holds('I12', gone.input());
});
