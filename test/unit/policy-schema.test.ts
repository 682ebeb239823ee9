import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import ms from 'ms';
import { isLoopbackUrl } from '../../domain/loopback.ts';
import { loadPolicy } from '../../domain/policy-source.ts';
import { parsePolicy, policySchema } from '../../domain/policy.schema.ts';
import { DEFAULT_POLICY, type Policy } from '../../domain/policy.ts';
import { settlePolicy } from '../../domain/settle-policy.ts';
import { fieldPaths } from '../support/schema-fields.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const strict = { allowShortGap: false };

const notDurations: unknown[] = [
  '',
  ' ',
  '0s',
  '0ms',
  '-1s',
  '30',
  30,
  null,
  true,
  [],
  {},
  'soon',
  '1 fortnight',
  '1s2',
  '1e3s',
  '1s ',
  '366d',
  '2y',
  '9'.repeat(50) + 's',
  'Infinity s',
];
const notCountsTo = (max: number): unknown[] => [0, -1, max + 1, 1.5, NaN, Infinity, '1', null, true];

/** Values each setting refuses. A setting without a row here fails the first test. */
const BAD: Record<keyof Policy, unknown[]> = {
  conflictWait: notDurations,
  conflictLimit: notCountsTo(5),
  lockWait: notDurations,
  lockLimit: notDurations,
  toggleGap: [...notDurations, '499ms', '0.49s', '31s', '1h'],
  toggleLimit: notCountsTo(3),
  verifyWindow: notDurations,
  verifyInterval: notDurations,
  propagationWindow: notDurations,
  idleInterval: notDurations,
  idleLimit: notDurations,
  outageLimit: notDurations,
  escalateAfter: notDurations,
  requestTimeout: notDurations,
  shiftMargin: [...notDurations, '61m', '1d'],
  overstayAfter: notDurations,
};

test('every setting of the policy has values that are known to be refused', () => {
  assert.deepEqual(fieldPaths(policySchema(strict)).sort(), Object.keys(BAD).sort());
  assert.deepEqual(Object.keys(DEFAULT_POLICY).sort(), Object.keys(BAD).sort());
});

for (const [name, values] of Object.entries(BAD)) {
  test(`${name} refuses what it can't be, by name and with what is allowed`, () => {
    for (const value of values) {
      const parsed = parsePolicy({ [name]: value }, strict);
      assert.ok(!parsed.ok, `accepted ${JSON.stringify(value)}`);
      assert.deepEqual(
        parsed.problems.map(({ path }) => path),
        [name],
      );
      assert.match(parsed.problems[0]?.message ?? '', /^must be a (duration|whole number)/);
    }
  });
}

test('the defaults keep their own rules', () => {
  assert.deepEqual(parsePolicy(DEFAULT_POLICY, strict), { ok: true, policy: DEFAULT_POLICY });
});

test('a duration may be written as a number and a unit that both ms and Temporal read', () => {
  for (const text of ['1ms', '0.5s', '1.5h', '2 days', '90 minutes', '1 Week', '30S', '365d']) {
    assert.equal(parsePolicy({ idleLimit: text }, strict).ok, true, text);
    assert.ok(Number.isFinite(ms(text as '1s')));
  }
});

test('all problems of a policy are reported together, an unknown setting among them', () => {
  const parsed = parsePolicy({ toggleLimit: 9, lockWait: 'x', toggelGap: '1s' }, strict);
  assert.ok(!parsed.ok);
  assert.deepEqual(parsed.problems.map(({ path }) => path).sort(), ['lockWait', 'toggelGap', 'toggleLimit']);
});

test('a gap under 500 ms is for loopback platforms only', () => {
  assert.equal(parsePolicy({ toggleGap: '10ms' }, { allowShortGap: true }).ok, true);
  assert.equal(parsePolicy({ toggleGap: '500ms' }, strict).ok, true);
});

test('a request goes before the worker, and the worker before the defaults; undefined sets nothing', () => {
  const settled = settlePolicy(
    DEFAULT_POLICY,
    { conflictWait: '2s', lockWait: '2s' },
    { lockWait: '3s', idleLimit: undefined },
  );
  assert.deepEqual(settled, { ...DEFAULT_POLICY, conflictWait: '2s', lockWait: '3s' });
  assert.deepEqual(settlePolicy(DEFAULT_POLICY), DEFAULT_POLICY);
});

test('a policy is read from inline JSON or from a file', (t) => {
  const file = join(temporaryFolder(t), 'policy.json');
  writeFileSync(file, '{"idleLimit":"1h"}');
  const expected = { ok: true, policy: { idleLimit: '1h' } };
  assert.deepEqual(loadPolicy(file, strict), expected);
  assert.deepEqual(loadPolicy(' {"idleLimit":"1h"}', strict), expected);
});

test('a source that holds no policy is refused without repeating it', (t) => {
  const file = join(temporaryFolder(t), 'policy.json');
  for (const content of ['', '[]', 'null', '{', '"secret"', '7']) {
    writeFileSync(file, content);
    const loaded = loadPolicy(file, strict);
    assert.ok(!loaded.ok);
    assert.doesNotMatch(JSON.stringify(loaded.problems), /secret/);
  }
  for (const source of ['/no/such/file', '{broken', temporaryFolder(t)])
    assert.equal(loadPolicy(source, strict).ok, false);
});

test('only this machine is a loopback', () => {
  const loopbacks = [
    'http://localhost:1',
    'http://127.0.0.1',
    'https://127.9.9.9:1/x',
    'http://[::1]:2',
    'http://127.1',
  ];
  const others = [
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'http://10.0.0.1',
    'https://example.com/127.0.0.1',
    'http://user@example.com',
    'localhost',
    '',
    'http://0.0.0.0',
  ];
  assert.deepEqual(
    loopbacks.filter((url) => !isLoopbackUrl(url)),
    [],
  );
  assert.deepEqual(
    others.filter((url) => isLoopbackUrl(url)),
    [],
  );
});
