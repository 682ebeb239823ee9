import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestDigest } from '../../domain/request-digest.ts';
import { parseRequest, requestSchema } from '../../domain/request.schema.ts';
import type { ProvisionRequest } from '../../domain/request.ts';
import { fieldPaths } from '../support/schema-fields.ts';

const good: ProvisionRequest = {
  requestId: 'r-1',
  tenantId: 'acme',
  agentId: 'agent-1',
  changes: [
    { action: 'assign', skill: { name: 'Voice', skillGroup: 'Berlin' }, level: 3 },
    { action: 'remove', skill: { skillId: 'sk_2.x' } },
  ],
  requestedBy: 'ops@example.com',
  reason: 'on call',
  ticket: 'T-1',
  policy: { conflictWait: '1s' },
  notifyWorkflowId: 'move/1',
};

const words = (max: number): unknown[] => [
  '',
  ' \t',
  'x'.repeat(max + 1),
  'two\nlines',
  'bell\u0007',
  '\ud800',
  7,
  null,
  [],
];

/** Values each field refuses. A field without a row here fails the first test. */
const BAD: Record<string, unknown[]> = {
  requestId: ['', 'with space', 'a/b', 'x'.repeat(65), 'ä', 1, null],
  tenantId: ['', '-a', 'a-', 'a.b', 'a/b', 'x'.repeat(64), 'evil.com#', 1, null],
  agentId: ['', '..', '.', '-a', 'a/b', 'a_b', 'x'.repeat(65), 7, null],
  changes: [
    [],
    null,
    {},
    'assign',
    Array.from({ length: 51 }, (_, index) => ({ action: 'remove', skill: { skillId: `s${index}` } })),
  ],
  'changes.0.action': ['', 'ASSIGN', 'add', null, 1],
  'changes.0.skill': [{}, null, 'Voice', [], { skillGroup: 'Berlin' }],
  'changes.0.skill.skillId': ['', '..', '../x', 'a/b', 'a b', '-x', 'x'.repeat(65), 7, null],
  'changes.0.skill.name': words(500),
  'changes.0.skill.skillGroup': words(500),
  'changes.0.level': [0, 0.6, 0.99, 5.01, 5.4, 6, -1, '4', '', null, NaN, Infinity, true, [3], {}],
  'changes.0.expectedLevel': [-1, 0.5, 6, '4', '', null, NaN, true, [3]],
  requestedBy: words(200),
  reason: words(500),
  ticket: words(200),
  policy: [null, 'fast', [], 1],
  notifyWorkflowId: [...words(1000), 'ä'.repeat(501)],
};

const paths = fieldPaths(requestSchema({ allowShortGap: false }));

test('every field of a request has values that are known to be refused', () => {
  // The fields of the policy have a test of their own.
  const covered = paths.filter((path) => !path.startsWith('policy.'));
  assert.deepEqual([...covered].sort(), Object.keys(BAD).sort());
});

for (const [path, values] of Object.entries(BAD)) {
  for (const value of values) {
    test(`${path} refuses ${describe(value)} and is named for it`, () => {
      // An id does not go with a group, which would be a problem of its own.
      const base = path.endsWith('.skillId') ? withValue(good, 'changes.0.skill', { name: 'Voice' }) : good;
      const parsed = parseRequest(withValue(base, path, value));
      assert.ok(!parsed.ok);
      assert.ok(parsed.problems.length > 0);
      for (const problem of parsed.problems) assert.ok(`${problem.path}.`.startsWith(`${path}.`), problem.path);
    });
  }
}

for (const path of [
  'requestId',
  'tenantId',
  'agentId',
  'changes',
  'requestedBy',
  'reason',
  'changes.0.level',
  'changes.0.skill',
]) {
  test(`a request without ${path} is refused as one that lacks it`, () => {
    const parsed = parseRequest(withValue(good, path, undefined));
    assert.ok(!parsed.ok);
    assert.deepEqual(parsed.problems, [{ path, message: 'is required' }]);
  });
}

for (const path of ['', 'changes.0', 'changes.1', 'changes.0.skill', 'policy']) {
  test(`an unknown field of ${path === '' ? 'a request' : path} is refused, and the known ones are listed`, () => {
    const unknown = path === '' ? 'surprise' : `${path}.surprise`;
    const parsed = parseRequest(withValue(good, unknown, 1));
    assert.ok(!parsed.ok);
    assert.deepEqual(
      parsed.problems.map((problem) => problem.path),
      [unknown],
    );
    assert.match(parsed.problems[0]?.message ?? '', /allowed are|there are/);
  });
}

test('a refused level is shown as it was given and marked for counting', () => {
  for (const [given, shown] of [
    [5.4, '5.4'],
    ['4', '"4"'],
    [NaN, 'NaN'],
    [null, 'null'],
    [-0.5, '-0.5'],
  ] as const) {
    const parsed = parseRequest(withValue(good, 'changes.0.level', given));
    assert.ok(!parsed.ok);
    assert.deepEqual(parsed.problems, [
      { path: 'changes.0.level', message: `must be a number from 1 to 5, not ${shown}`, code: 'level-refused' },
    ]);
  }
});

test('all problems are reported together', () => {
  const parsed = parseRequest({
    ...good,
    requestId: '!',
    ticket: '',
    surprise: true,
    policy: { toggleLimit: 4 },
    changes: [
      { action: 'assign', skill: { name: 'Voice' }, level: 9 },
      { action: 'remove', skill: { name: ' Voice' } },
    ],
  });
  assert.ok(!parsed.ok);
  const found = parsed.problems.map((problem) => problem.path).sort();
  assert.deepEqual(found, [
    'changes.0.level',
    'changes.1.skill',
    'policy.toggleLimit',
    'requestId',
    'surprise',
    'ticket',
  ]);
});

test('a decimal inside 1 to 5 stays what it was', () => {
  for (const level of [1, 1.5, 2.5, 3.7, 5]) {
    const parsed = parseRequest(withValue(good, 'changes.0.level', level));
    assert.ok(parsed.ok);
    assert.deepEqual(parsed.request.changes[0], { ...good.changes[0], level });
  }
});

test('what is accepted is what was given, so its digest is the same on every side', () => {
  const given = { ...good, reason: '  spaced  ' };
  const parsed = parseRequest(given);
  assert.ok(parsed.ok);
  assert.deepEqual(parsed.request, given);
  assert.equal(requestDigest(parsed.request), requestDigest(given));
});

test('properties that are undefined count as absent', () => {
  const parsed = parseRequest({ ...good, ticket: undefined, policy: { lockWait: undefined } });
  assert.ok(parsed.ok);
  assert.deepEqual('ticket' in parsed.request, false);
});

const TWICE: [string, boolean, object, object][] = [
  ['the same id', true, { skillId: 'a' }, { skillId: 'a' }],
  ['the same id with and without a name', true, { skillId: 'a' }, { skillId: 'a', name: 'A' }],
  ['the same name', true, { name: 'A' }, { name: 'A' }],
  ['the same name, blanks aside', true, { name: 'A' }, { name: ' A ' }],
  ['the same name and group', true, { name: 'A', skillGroup: 'G' }, { name: 'A', skillGroup: 'G' }],
  ['one name in two groups', false, { name: 'A', skillGroup: 'G' }, { name: 'A', skillGroup: 'H' }],
  ['names that differ in case', false, { name: 'A' }, { name: 'a' }],
  ['two ids with one name', false, { skillId: 'a', name: 'A' }, { skillId: 'b', name: 'A' }],
];
for (const [what, refused, one, other] of TWICE) {
  test(`${what} twice in a request is ${refused ? 'refused' : 'accepted'}`, () => {
    const changes = [one, other].map((skill) => ({ action: 'remove', skill }));
    const parsed = parseRequest({ ...good, changes });
    assert.deepEqual(parsed.ok ? [] : parsed.problems.map(({ path }) => path), refused ? ['changes.1.skill'] : []);
  });
}

test('a group beside an id is refused: the id is unique by itself', () => {
  const parsed = parseRequest(withValue(good, 'changes.0.skill', { skillId: 'a', skillGroup: 'Berlin' }));
  assert.ok(!parsed.ok);
  assert.deepEqual(
    parsed.problems.map(({ path }) => path),
    ['changes.0.skill.skillGroup'],
  );
});

test('what is no object is refused without a crash', () => {
  for (const value of [undefined, null, 1, 'x', [], () => 1]) assert.equal(parseRequest(value).ok, false);
});

test('a short toggle gap is accepted only where the caller says that no person is behind the platform', () => {
  const hasty = { ...good, policy: { toggleGap: '20ms' } };
  assert.equal(parseRequest(hasty).ok, false);
  assert.equal(parseRequest(hasty, { allowShortGap: true }).ok, true);
});

/** A copy with one value changed; undefined takes the field away. */
function withValue(request: object, path: string, value: unknown): object {
  const copy = structuredClone(request) as Record<string, unknown>;
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let target = copy;
  for (const key of keys) target = target[key] as Record<string, unknown>;
  if (value === undefined) Reflect.deleteProperty(target, last);
  else target[last] = value;
  return copy;
}

function describe(value: unknown): string {
  if (typeof value === 'number') return String(value);
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 30)}… (${text.length} characters)` : text;
}
