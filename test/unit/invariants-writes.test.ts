import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alter, asking, caught, clean, finish, holds, violationsOf, OTHER, WISH } from '../support/invariants-cases.ts';
import { sameKey, Story } from '../support/invariants-story.ts';

test('I2: an attempt that takes effect twice is caught', () => {
  const story = clean();
  const first = story.last;
  story.read();
  story.patch(WISH, sameKey(first));
  caught('I2', finish(story), /one attempt took effect 2 times \(#5, #7\)/);
});

test('I2: a repeat that the platform recognises is no second effect', () => {
  const story = asking();
  story.intent('q1', WISH);
  const lost = story.refused(WISH, 503);
  story.read();
  story.patch(WISH, sameKey(lost));
  holds('I2', finish(story), 2);
});

test('I2: a write without a read after a lost answer is caught', () => {
  const story = clean();
  alter(story.last, { delivered: false });
  story.refused(WISH, 412);
  caught('I2', finish(story), /#6 was sent without a read since #5/);
});

test('I2: a write of what was read to be true is caught', () => {
  const story = clean();
  alter(story.last, { delivered: false });
  story.read();
  story.patch(WISH);
  caught('I2', finish(story), /#7 was sent though #6 showed its wish to be true/);
});

test('I4: an ETag that no read answered, or an old one, is caught', () => {
  const story = asking();
  story.refused(WISH, 412, { ifMatch: '"made up"' });
  story.refused(WISH, 412);
  caught('I4', story.input(), /no read before #5 answered its ETag\n.*#6 uses a read from before #5/);
});

test('I4: a read that came after the write does not count', () => {
  const story = new Story();
  story.refused(WISH, 412);
  story.read();
  caught('I4', story.input(), /no read before #1 answered its ETag/);
});

test('I4: the repeat after a 429 and the parts of a refused batch need no new read', () => {
  const repeat = asking();
  const early = repeat.refused(WISH, 429);
  repeat.patch(WISH, sameKey(early));
  holds('I4', repeat.input(), 2);
  const split = asking();
  split.refused([...WISH, ...OTHER], 422, { errorCode: 'validation_failed' });
  split.patch(WISH);
  holds('I4', split.input(), 2);
});

test('I4: another write after a 429 needs a read of its own', () => {
  const story = asking();
  story.refused(WISH, 429);
  story.patch(OTHER);
  caught('I4', story.input(), /#6 uses a read from before #5/);
});

test('I8: two writes to one agent in flight are caught, whichever process sends them', () => {
  const story = clean();
  alter(story.last, { answeredMono: 1000 });
  story.refused(WISH, 412, { userAgent: 'skill-provisioner/1 (w2)' });
  caught('I8', story.input(), /#6 came while #5 was in flight/);
});

test('I8: a write whose caller has given up is not in flight', () => {
  const story = clean();
  const patch = story.last;
  alter(patch, { answeredMono: 1000, abandonedMono: patch.arrivedMono + 6 });
  story.refused(WISH, 412);
  holds('I8', story.input(), 2);
});

test('I9: another body, another ETag, or a settled answer under an old key is caught', () => {
  const story = asking();
  const first = story.refused(WISH, 412);
  const key = sameKey(first);
  story.refused(OTHER, 412, { ...key, ifMatch: '"other"' });
  const violations = violationsOf('I9', story.input()).join('\n');
  assert.match(violations, /#6 has #5's key, not its body/);
  assert.match(violations, /#6 has #5's key, not its ETag/);
  assert.match(violations, /#6 uses the key again that #5 answered with 412/);
});

test('I9: a PATCH without a key is caught', () => {
  const story = clean();
  delete story.last.idempotencyKey;
  caught('I9', story.input(), /#5 has no key/);
});

test('I9: the same bytes after a lost answer hold', () => {
  const story = asking();
  const lost = story.refused(WISH, 503);
  story.patch(WISH, sameKey(lost));
  holds('I9', story.input());
});

test('I1: a name that was taken for another skill is caught, whatever the product says it means', () => {
  const story = new Story();
  story.request('q1', [{ action: 'assign', skill: { name: 'voice' }, level: 4 }]);
  story.call('token');
  story.prepare();
  story.intent('q1', OTHER);
  story.patch(OTHER);
  const catalogue = [
    { skillId: 's1', name: 'voice' },
    { skillId: 's2', name: 'chat' },
  ];
  caught('I1', { ...finish(story, 'q1', OTHER), catalogue }, /s2/);
});
