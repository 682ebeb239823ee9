import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_ITEMS, readBulkInput, type BulkFormat } from '../../files/bulk-input.ts';
import { decodeText } from '../../files/text.ts';
import { MAX_YAML_LENGTH } from '../../files/yaml.ts';

const DEFAULTS = { requestedBy: 'j.doe', reason: 'peak hours' };

test('a table from a spreadsheet becomes one request a row, each with the line it comes from', () => {
  const { items, problems } = read(
    'csv',
    'Agent;Action;Skill;Group;Level;Reason\r\n' +
      '4711;assign;Billing;Voice;3.7;\r\n' +
      ';;;;;\r\n' +
      '4712;remove;"Chat; written";;;"moved to ""phone"""\r\n',
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(items, [
    {
      line: 2,
      agentId: '4711',
      changes: [{ action: 'assign', skill: { name: 'Billing', skillGroup: 'Voice' }, level: 3.7 }],
      requestedBy: 'j.doe',
      reason: 'peak hours',
    },
    {
      line: 4,
      agentId: '4712',
      changes: [{ action: 'remove', skill: { name: 'Chat; written' } }],
      requestedBy: 'j.doe',
      reason: 'moved to "phone"',
    },
  ]);
});

test('the smallest table has agents, skills and levels', () => {
  const { items } = read('csv', 'level,agent,skill_id\n4,4711,sk-1\n');
  assert.deepEqual(items[0]?.changes, [{ action: 'assign', skill: { skillId: 'sk-1' }, level: 4 }]);
});

test('everything that is wrong with a table is said at once, by line and cell', () => {
  const table = [
    'agent,action,skill,group,skill_id,level',
    '4711,assign,Billing,,,6',
    '=4711,assign,Billing,,,4',
    '4712,assign,,,,4',
    '4713,assign,,Voice,sk-1,4',
    '4714,remove,Billing,,,4',
    '4715,assign,Billing,,,0',
    '4716,undo,Billing,,,1',
    '4717,assign,Billing,,',
    '4718,assign,Billing,,,4',
    '4718,remove,Billing,,,',
  ];
  assert.deepEqual(
    read('csv', table.join('\n')).problems.map(({ line, column, message }) => `${line}:${column} ${message}`),
    [
      '2:6 level must be a number from 1 to 5, not 6',
      '3:1 a cell must not begin with =, since spreadsheets take it for a formula',
      '4:3 skill is required, or skill_id',
      '5:4 group must be empty where skill_id is given',
      '6:6 level must be empty to remove a skill',
      '7:6 level must be a number from 1 to 5, not 0; to take a skill away use action remove',
      '8:2 action must be assign or remove',
      '9:6 the row has 5 cells, the header has 6',
      '11:3 agent 4718 has this skill in line 10 already',
    ],
  );
});

test('a header is told what it may hold', () => {
  const messages = read('csv', 'agnt,skill,skill,level\n1,a,b,2\n').problems.map(({ message }) => message);
  assert.match(messages.join('\n'), /"agnt" is no column; there are agent, action/);
  assert.match(messages.join('\n'), /the column skill is there twice/);
  assert.match(messages.join('\n'), /the column agent is missing/);
  assert.match(read('csv', 'agent,level\n1,2\n').problems[0]?.message ?? '', /skill or skill_id is missing/);
});

test('a quote that is never closed is reported where it opens', () => {
  const { problems } = read('csv', 'agent,skill,level\n1,a,2\n\n2,"b,3\n3,c,4\n');
  assert.deepEqual(
    problems.map(({ line, column }) => [line, column]),
    [[4, 2]],
  );
});

test('a list of requests may be YAML, and each problem has its line and column', () => {
  const text = [
    '- agentId: "4711"',
    '  changes:',
    '    - { action: assign, skill: { name: Billing, skillGroup: Voice }, level: 9 }',
    '    - { action: remove, skill: { skillId: sk-1 }, level: 1 }',
    '  ticket: OPS-1',
    '- agentId: 4712',
    '  changes: []',
    '  priority: high',
  ];
  assert.deepEqual(
    read('yaml', text.join('\n')).problems.map(({ line, column }) => [line, column]),
    [
      [3, (text[2] ?? '').indexOf('9') + 1],
      [4, (text[3] ?? '').lastIndexOf('1') + 1],
      [8, (text[7] ?? '').indexOf('high') + 1],
    ],
  );
  assert.match(read('yaml', '- agentId: 4712\n  changes: []').problems[0]?.message ?? '', /put it in quotes/);
});

test('YAML that means something else than it shows is refused', () => {
  const refused: [string, RegExp][] = [
    ['- &a {agentId: "1"}\n- *a\n', /anchors .* not allowed/],
    ['- {<<: {agentId: "1"}}\n', /merge keys/],
    ['- !!map {agentId: "1"}\n', /tags/],
    ['- {agentId: "1", agentId: "2"}\n', /there twice/],
    ['%YAML 1.1\n---\n- {agentId: "1"}\n', /directives/],
    ['- {agentId: "1"}\n---\n- {agentId: "2"}\n', /one document/],
    [`${'['.repeat(60)}${']'.repeat(60)}`, /nested deeper/],
  ];
  for (const [text, says] of refused) {
    const { problems } = read('yaml', text);
    assert.ok(
      problems.some(({ message }) => says.test(message)),
      `${text}: ${JSON.stringify(problems)}`,
    );
  }
});

test('JSON lines: a field that is there twice is refused, of which JSON would keep the last', () => {
  const line = '{"agentId":"1","changes":[{"action":"assign","skill":{"name":"a: \\"b\\":"},"level":1,"level":5}]}';
  const { problems } = read('jsonl', `\n${line}`);
  assert.deepEqual(
    problems.map(({ line, column, message }) => [line, column, /twice/.test(message)]),
    [[2, line.lastIndexOf('"level"') + 1, true]],
  );
});

test('files that are made to hurt are refused in one go', () => {
  const million = 1_000_000;
  const rows = '4711,Billing,4\n'.repeat(million);
  const hurting: [BulkFormat, string, RegExp][] = [
    ['csv', `agent,skill,level\n${rows}`, /more than 50000 rows/],
    ['csv', `agent,skill,level\n"${rows}`, /not closed/],
    ['csv', `agent,skill,level\n1,${'""'.repeat(million)},4`, /quote/],
    ['csv', `x${','.repeat(million)}`, /is no column/],
    ['csv', ','.repeat(million), /empty/],
    ['csv', '"'.repeat(million), /quote|column/],
    ['yaml', '['.repeat(million), /nested/],
    ['yaml', `${'- '.repeat(20_000)}a`, /nested/],
    ['yaml', '{'.repeat(million), /nested/],
    ['yaml', `${'a: '.repeat(200_000)}b`, /nested/],
    ['yaml', '- a\n'.repeat(million), /at most|more than/],
    ['yaml', 'a'.repeat(MAX_YAML_LENGTH + 1), /at most/],
    ['jsonl', '{"agentId":"4711"}\n'.repeat(million), /more than 50000 entries/],
    ['jsonl', '{]\n'.repeat(million), /more than 50000 entries|not valid/],
    ['yaml', `[${'*a,'.repeat(300_000)}]`, /aliases/],
    ['jsonl', '['.repeat(million), /not valid/],
    ['jsonl', JSON.stringify({ agentId: 'x\\'.repeat(5 * million) }), /agentId must be/],
    ['jsonl', `${'['.repeat(million)}${']'.repeat(million)}`, /nested/],
  ];
  for (const [format, text, says] of hurting) {
    const { items, problems } = read(format, text);
    assert.deepEqual(items, []);
    assert.ok(problems.length <= 1_000);
    assert.ok(
      problems.some(({ message }) => says.test(message)),
      `${text.slice(0, 30)}: ${problems[0]?.message}`,
    );
  }
});

test('a thousand problems are kept, the others are counted', () => {
  const { problems } = readBulkInput(`agent,skill,level\n${'a b,Billing,4\n'.repeat(1_500)}`, 'csv', DEFAULTS);
  assert.equal(problems.list().length, 1_000);
  assert.equal(problems.leftOut, 500);
});

test('as many requests as a bulk may have are read', () => {
  const rows = Array.from({ length: MAX_ITEMS }, (_, index) => `a${index},Billing,4\n`);
  const { items, problems } = read('csv', `agent,skill,level\n${rows.join('')}`);
  assert.deepEqual(problems, []);
  assert.equal(items.length, MAX_ITEMS);
});

function read(format: BulkFormat, text: string) {
  const decoded = decodeText(Buffer.from(text));
  assert.ok(decoded.ok);
  const { items, problems } = readBulkInput(decoded.text, format, DEFAULTS);
  return { items, problems: problems.list() };
}
