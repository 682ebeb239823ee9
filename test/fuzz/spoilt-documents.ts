import fc from 'fast-check';
import type { BulkItem } from '../../files/bulk-input.ts';
import { agentIds, words, type MadeFile } from './spoilt-table.ts';

type Item = Omit<BulkItem, 'line' | 'requestedBy' | 'reason'> & { requestedBy?: string; reason?: string };

const change = fc.tuple(fc.boolean(), fc.constantFrom(1, 5, 3.7), words).map(([assigns, level, group]) => {
  const skill = group.length < 3 ? { skillId: 'sk_1' } : { name: 'Billing', skillGroup: group };
  return assigns ? { action: 'assign' as const, skill, level } : { action: 'remove' as const, skill };
});

const items: fc.Arbitrary<Item[]> = fc
  .tuple(agentIds, fc.array(fc.tuple(change, words, words), { minLength: 8, maxLength: 8 }))
  .map(([agents, rest]) =>
    agents.map((agentId, index) => {
      const [first, by, reason] = rest[index] ?? assertNever();
      return {
        agentId,
        changes: [first, { action: 'assign', skill: { name: 'Chat', skillGroup: 'only here' }, level: 2 }],
        ...(by.length < 3 ? {} : { requestedBy: by }),
        ...(reason.length < 3 ? {} : { reason, ticket: reason }),
      };
    }),
  );

/** What is wrong with one request whatever the format, at a path. */
const WRONG_VALUES: readonly [string[], unknown[]][] = [
  [['agentId'], [4711, null, '', 'a b', '../x', ['a'], {}, 'x'.repeat(65), true]],
  [['changes'], [[], {}, null, 'x', [null], [[]], 7]],
  [
    ['changes', '0'],
    [{}, { action: 'assign' }, 'assign', { action: 'remove', skill: {} }],
  ],
  [
    ['changes', '0', 'action'],
    ['add', '', null, 1],
  ],
  [
    ['changes', '0', 'level'],
    [0, 6, -1, '4', null, 5.4, 0.6, 1e9, [4], true],
  ],
  [
    ['changes', '0', 'skill'],
    [null, 'Billing', {}, { skillId: 'a/b' }, { skillGroup: 'Voice' }, { name: '' }, { id: 'x' }],
  ],
  [['requestedBy'], ['', ' ', 7, 'x'.repeat(201), null]],
  [['reason'], ['', 7, 'x'.repeat(501), 'a\u0007b']],
  [['ticket'], ['', 7, null, {}]],
  ...['requestId', 'tenantId', 'policy', 'notifyWorkflowId', 'line', '__proto__'].map((name): [string[], unknown[]] => [
    [name],
    ['x', 'acme'],
  ]),
];
const wrongValue = fc.constantFrom(
  ...WRONG_VALUES.flatMap(([path, values]) => values.map((value) => ({ path, value }))),
);

interface Written {
  lines: string[];
  /** The line of each item, from 1. */
  at: number[];
}

/** YAML: one field a line, texts in quotes. */
function toYaml(list: readonly object[]): Written {
  const lines: string[] = ['# made for a test'];
  const at = list.map((item) => {
    const begin = lines.length + 1;
    const fields = Object.entries(item).map(([name, value]) => `  ${name}: ${flow(value)}`);
    lines.push(...fields.map((field, index) => (index === 0 ? `-${field.slice(1)}` : field)));
    return begin;
  });
  return { lines, at };
}

function toJsonLines(list: readonly object[]): Written {
  return { lines: list.map((item) => JSON.stringify(item)), at: list.map((_item, index) => index + 1) };
}

/** JSON is YAML, but for characters that YAML wants escaped. */
function flow(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\u009f]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const looks = fc.record({ lineBreak: fc.constantFrom('\n', '\r\n'), mark: fc.boolean() });

export const goodYaml = good(toYaml);
export const goodJsonLines = good(toJsonLines);

function good(write: (list: readonly object[]) => Written): fc.Arbitrary<MadeFile> {
  return fc.tuple(items, looks).map(([list, how]) => ({
    bytes: toBytes(write(list).lines, how),
    items: list.map((item) => ({ requestedBy: 'default', reason: 'default', ...item })),
  }));
}

interface TextFault {
  name: string;
  /** Spoils the lines of the item that begins at an index; says the wrong line's index, if there is one. */
  spoil(lines: string[], index: number): number | undefined;
}

/** The rest of a request that would be right. */
const REST = 'changes: [{action: remove, skill: {name: "x"}}]';

const YAML_FAULTS: readonly TextFault[] = [
  inserted('anchor', `- &a {agentId: "spoilt-1", ${REST}}`),
  inserted('alias', '- *a'),
  inserted('tag', `- {agentId: !!str 4711, ${REST}}`),
  inserted('local tag', `- !secret {agentId: "spoilt-1", ${REST}}`),
  inserted('merge key', `- {<<: {agentId: "spoilt-1"}, ${REST}}`),
  inserted('a field twice', `- {agentId: "spoilt-1", agentId: "spoilt-2", ${REST}}`),
  inserted('a key that is a list', `- {[a, b]: "x", agentId: "spoilt-1", ${REST}}`),
  inserted('an open list', '- {agentId: [["a1"'),
  inserted('an open text', '- agentId: "a1'),
  inserted('a text in the list', '- a1'),
  inserted('nothing in the list', '-'),
  inserted('not a number', '- {agentId: "a1", changes: [{action: assign, skill: {name: "x"}, level: .nan}]}'),
  inserted('endless', '- {agentId: "a1", changes: [{action: assign, skill: {name: "x"}, level: .inf}]}'),
  inserted('octal', '- {agentId: "a1", changes: [{action: assign, skill: {name: "x"}, level: 0o7}]}'),
  inserted('a number for an id', `- {agentId: 0815, ${REST}}`),
  inserted('deep', `- {agentId: ${'['.repeat(200)}${']'.repeat(200)}}`),
  inserted('tab', '-\tagentId: a\n\tchanges: b'),
  inserted('another document', '---\n- {}'),
  inserted('no list', 'agentId: a1'),
  { name: 'directive', spoil: (lines) => (lines.unshift('%YAML 1.1', '---'), undefined) },
  { name: 'nothing', spoil: (lines) => (lines.splice(0), undefined) },
  { name: 'only a comment', spoil: (lines) => (lines.splice(0, lines.length, '# none'), undefined) },
  { name: 'a map', spoil: (lines) => (lines.splice(0, lines.length, 'requests: []'), undefined) },
  {
    name: 'bomb',
    spoil: (lines) => {
      const levels = Array.from(
        { length: 9 },
        (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level},`.repeat(9)}]`,
      );
      lines.splice(0, lines.length, 'a0: &a0 [x]', ...levels);
      return undefined;
    },
  },
];

const JSON_FAULTS: readonly TextFault[] = [
  ...[
    '{',
    '{"agentId":"a1"',
    '{"agentId":}',
    "{'agentId':'a1'}",
    '{agentId:"a1"}',
    '{"agentId":"a1",}',
    '[]',
    '7',
    'null',
    '"x"',
  ].map((line) => inserted(line, line)),
  ...[
    '{"a":NaN}',
    '{"agentId":"a1"} // why',
    '{}{}',
    '\u00a0{}',
    '{"agentId":"\u0007"}',
    `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
  ].map((line) => inserted(line, line)),
  inserted(
    'a field twice',
    '{"agentId":"spoilt-1","agentId":"spoilt-2","changes":[{"action":"remove","skill":{"name":"x"}}]}',
  ),
  inserted(
    'a level twice',
    '{"agentId":"spoilt-1","changes":[{"action":"assign","skill":{"name":"x"},"level":1,"level":5}]}',
  ),
  { name: 'nothing', spoil: (lines) => (lines.splice(0), undefined) },
];

export const badYaml = bad(toYaml, YAML_FAULTS);
export const badJsonLines = bad(toJsonLines, JSON_FAULTS);

function bad(
  write: (list: readonly object[]) => Written,
  faults: readonly TextFault[],
): fc.Arbitrary<MadeFile & { fault: string }> {
  const ofText = fc.tuple(items, looks, fc.nat(), fc.constantFrom(...faults)).map(([list, how, place, fault]) => {
    const { lines, at } = write(list);
    const index = fault.spoil(lines, (at[place % list.length] ?? 1) - 1);
    return { fault: fault.name, bytes: toBytes(lines, how), ...(index === undefined ? {} : { line: index + 1 }) };
  });
  const ofValue = fc.tuple(items, looks, fc.nat(), wrongValue).map(([list, how, place, { path, value }]) => {
    const spoilt = structuredClone(list) as Record<string, unknown>[];
    const index = place % list.length;
    // A removal has no level, so one with a level of any kind is wrong.
    setAt(spoilt[index], path, value);
    const { lines } = write(spoilt);
    return { fault: `${path.join('.')} ${JSON.stringify(value)}`, bytes: toBytes(lines, how) };
  });
  const repeated = fc.tuple(items, looks, fc.nat()).map(([list, how, place]) => {
    const again = list[place % list.length] ?? assertNever();
    const { lines } = write([...list, { agentId: again.agentId, changes: [again.changes[0]] }]);
    return { fault: 'an agent twice', bytes: toBytes(lines, how) };
  });
  return fc.oneof({ weight: 4, arbitrary: ofText }, { weight: 5, arbitrary: ofValue }, repeated);
}

/** A line of its own before an item. */
function inserted(name: string, line: string): TextFault {
  return {
    name,
    spoil: (lines, index) => {
      lines.splice(index, 0, line);
      return undefined;
    },
  };
}

function setAt(target: unknown, path: readonly string[], value: unknown): void {
  const parent = path.slice(0, -1).reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], target);
  // Not by assignment: `__proto__` is to be a field.
  Object.defineProperty(parent, path.at(-1) ?? '', { value, enumerable: true, configurable: true, writable: true });
}

function toBytes(lines: readonly string[], { lineBreak, mark }: { lineBreak: string; mark: boolean }): Buffer {
  return Buffer.from(`${mark ? '\uFEFF' : ''}${lines.join('\n').replaceAll('\n', lineBreak)}${lineBreak}`);
}

function assertNever(): never {
  throw new Error('there is always one');
}
