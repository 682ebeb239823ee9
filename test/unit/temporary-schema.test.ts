import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExtension, parseNewTemporary, parseTemporaryEnd } from '../../client/temporary.schema.ts';
import { temporarySkillSchema } from '../../domain/temporary-skill.schema.ts';
import { fieldPaths } from '../support/schema-fields.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const good = {
  temporaryId: 'peak-1',
  agentId: '4711',
  skill: { name: 'Billing', skillGroup: 'Voice' },
  level: 4,
  from: '2026-11-23T13:00:00+01:00',
  until: '2026-11-23T17:00:00+01:00',
  requestedBy: 'j.doe',
  reason: 'peak hours',
  ticket: 'OPS-12',
  policy: { overstayAfter: '5m' },
};

function parse(change: object) {
  return parseNewTemporary({ ...good, ...change }, { tenantId: 'acme', allowShortGap: false, now: NOW });
}

function problemsOf(change: object): string[] {
  const parsed = parse(change);
  return parsed.ok ? [] : parsed.problems.map(({ path }) => path);
}

test('a good one goes through as it is, with the tenant', () => {
  assert.deepEqual(parse({}), { ok: true, temporary: { ...good, tenantId: 'acme' } });
});

/** Values each field refuses. A field without a row here fails the first test. */
const BAD: Record<string, unknown[]> = {
  temporaryId: ['', 'a b', 'a/b', 'x'.repeat(49), 7, null],
  agentId: ['', '..', 'a/b', 7, null],
  skill: [{}, null, 'Billing', [], { skillGroup: 'Voice' }, { name: 'Billing', colour: 'red' }],
  level: [0, 0.6, 5.4, '4', null, NaN],
  from: ['', 'soon', '13:00', '2026-02-30T10:00Z', '2026-11-23T11:58:00Z', 7],
  until: ['', 'later', '2026-11-23T12:00:00+01:00', '2026-11-23T13:00:00+01:00', '2028-01-01T00:00:00Z', 7],
  requestedBy: ['', 7, 'x'.repeat(201), 'two\nlines'],
  reason: ['', 7, 'x'.repeat(501)],
  ticket: ['', 7],
  policy: [{ toggleLimit: 4 }, null, { surprise: 1 }],
};

test('every field has values that are known to be refused, and is named for them', () => {
  const fields = fieldPaths(temporarySkillSchema({ allowShortGap: false })).filter((path) => !path.includes('.'));
  assert.deepEqual([...fields].sort(), ['tenantId', ...Object.keys(BAD)].sort());
  for (const [field, values] of Object.entries(BAD)) {
    for (const value of values) {
      const paths = problemsOf({ [field]: value });
      assert.ok(paths.length > 0, `${field} accepts ${String(value)}`);
      for (const path of paths) {
        // An end is also wrong if the beginning it is compared with is.
        assert.ok(`${path}.`.startsWith(`${field}.`) || (field === 'from' && path === 'until'), `${field}: ${path}`);
      }
    }
  }
});

test('what is missing, unknown or wrong is said at once', () => {
  const parsed = parseNewTemporary({ surprise: 1 }, { tenantId: 'acme', allowShortGap: false, now: NOW });
  assert.ok(!parsed.ok);
  assert.deepEqual(parsed.problems.map(({ path }) => path).sort(), [
    'agentId',
    'level',
    'reason',
    'requestedBy',
    'skill',
    'surprise',
    'until',
  ]);
  for (const value of [null, 7, [], 'x', undefined]) {
    assert.ok(!parseNewTemporary(value, { tenantId: 'acme', allowShortGap: false, now: NOW }).ok);
  }
});

test('a duration counts elapsed time, so that a day that the clocks shorten ends an hour later by the clock', () => {
  const parsed = parse({ from: '2027-03-27T12:00', until: undefined, for: '1d', zone: 'Europe/Berlin' });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  assert.equal(parsed.temporary.until, '2027-03-28T13:00:00+02:00');
});

test('a duration without a beginning is counted from now, and with one from there, in its offset', () => {
  const fromNow = parse({ from: undefined, until: undefined, for: '90m' });
  assert.ok(fromNow.ok);
  assert.equal(fromNow.temporary.until, '2026-11-23T13:30:00Z');
  const later = parse({ until: undefined, for: '4h' });
  assert.ok(later.ok);
  assert.equal(later.temporary.until, '2026-11-23T17:00:00+01:00');
});

test('an end and a duration exclude each other, and a duration has its bounds', () => {
  assert.deepEqual(problemsOf({ for: '4h' }), ['until']);
  for (const length of ['4', '0h', '-1h', '400d', 'soon', '1e3h']) {
    assert.deepEqual(problemsOf({ until: undefined, for: length }), ['for'], length);
  }
});

test('a zone that there is not is one problem, not one for each time', () => {
  const local = { from: '2026-11-23T14:00', until: '2026-11-23T17:00', zone: 'Europe/Berln' };
  assert.deepEqual(problemsOf(local), ['zone']);
});

test('an extension is counted from the present end', () => {
  const order = { agentId: '4711', temporaryId: 'peak-1', by: 'j.doe', note: 'still long' };
  const parsed = parseExtension({ ...order, for: '1h' }, Date.parse('2026-11-23T16:00:00Z'));
  assert.ok(parsed.ok);
  assert.equal(parsed.value.until, '2026-11-23T17:00:00Z');
  assert.ok(!parseExtension(order, NOW).ok);
  assert.ok(!parseExtension({ ...order, for: '1h', from: 'now' }, NOW).ok);
  assert.ok(!parseTemporaryEnd({ ...order, surprise: 1 }).ok);
});
