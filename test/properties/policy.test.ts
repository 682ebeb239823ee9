import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePolicy } from '../../domain/policy.schema.ts';
import { DEFAULT_POLICY } from '../../domain/policy.ts';
import { isPolicy } from '../fuzz/oracle.ts';

const STRICT = { allowShortGap: false };
const NAMES = Object.keys(DEFAULT_POLICY);
const duration = fc.oneof(
  fc.stringMatching(/^ ?\d{1,4}(\.\d{1,3})? {0,2}(ms|s|m|h|d|w|y|seconds|foo|)x?$/),
  fc
    .tuple(fc.integer({ min: 30, max: 45 }), fc.constantFrom('s', 'ms'))
    .map(([n, unit]) => `1${unit}`.padStart(n, '0')),
  fc.constantFrom(
    '500ms',
    '499ms',
    '499.9ms',
    '30s',
    '30.001s',
    '365d',
    '365.01d',
    '8760h',
    '0.25s',
    '.5s',
    '-1s',
    'a 30s',
    '1e3s',
  ),
);

test('a setting is accepted exactly if it is a duration or count within its bounds', () => {
  const value = fc.oneof(
    { weight: 4, arbitrary: duration },
    fc.constantFrom<unknown>(['30s'], 0, 1, 3, 4, 5, 6, 2.5, null),
  );
  fc.assert(
    fc.property(fc.constantFrom(...NAMES, 'gap'), value, (name, setting) => {
      const parsed = parsePolicy({ [name]: setting }, STRICT);
      assert.equal(parsed.ok, isPolicy({ [name]: setting }));
      if (parsed.ok) assert.deepEqual(parsed.policy, { [name]: setting });
      else
        assert.deepEqual(
          parsed.problems.map(({ path }) => path),
          [name],
        );
    }),
    { numRuns: 1_500 },
  );
});

test('who is refused is told what is allowed', () => {
  const rule = 'must be a duration such as "500ms", "30s" or "8h", ';
  const told: [unknown, boolean, string, string][] = [
    [{ toggleGap: '499ms' }, false, 'toggleGap', `${rule}at least 500ms and at most 30s`],
    [{ toggleGap: '0ms' }, true, 'toggleGap', `${rule}more than 0 and at most 30s`],
    [{ lockWait: '0s' }, false, 'lockWait', `${rule}more than 0 and at most 365d`],
    [{ toggleLimit: 4 }, false, 'toggleLimit', 'must be a whole number from 1 to 3'],
    [{ toggleLimit: 0 }, false, 'toggleLimit', 'must be a whole number from 1 to 3'],
    [{ conflictLimit: 1.5 }, false, 'conflictLimit', 'must be a whole number from 1 to 5'],
    [{ gap: '1s' }, false, 'gap', `is no setting of the policy; there are ${NAMES.join(', ')}`],
    [7, false, '', 'must be of type object, not number'],
  ];
  for (const [value, allowShortGap, path, message] of told) {
    assert.deepEqual(parsePolicy(value, { allowShortGap }), { ok: false, problems: [{ path, message }] });
  }
});
