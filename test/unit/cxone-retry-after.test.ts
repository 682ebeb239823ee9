import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRetryAfter } from '../../cxone/retry-after.ts';

const NOW = Date.parse('2026-11-20T12:00:00.500Z');

test('seconds are a wait in full, however long', () => {
  assert.equal(parseRetryAfter('30', undefined, NOW), 30_000);
  assert.equal(parseRetryAfter(' 0 ', undefined, NOW), 0);
  assert.equal(parseRetryAfter('86400000', undefined, NOW), 86_400_000_000);
});

test('a part of a second is rounded up, never down', () => {
  assert.equal(parseRetryAfter('0.3001', undefined, NOW), 301);
});

test('a date is a wait until then by the clock of the platform', () => {
  const header = 'Fri, 20 Nov 2026 12:00:30 GMT';
  assert.equal(parseRetryAfter(header, 'Fri, 20 Nov 2026 12:00:10 GMT', NOW), 20_000);
  assert.equal(parseRetryAfter(header, undefined, NOW), 29_500);
  assert.equal(parseRetryAfter(header, 'not a date', NOW), 29_500);
});

test('a date in the past is no wait', () => {
  assert.equal(parseRetryAfter('Thu, 19 Nov 2026 12:00:00 GMT', undefined, NOW), 0);
});

test('what makes no sense is no Retry-After', () => {
  for (const text of [
    undefined,
    '',
    'soon',
    '-5',
    '1e9',
    '99999999999',
    '0x10',
    'Infinity',
    'Fri, nonsense',
    '2026-11-20',
  ]) {
    assert.equal(parseRetryAfter(text, undefined, NOW), undefined, text);
  }
});
