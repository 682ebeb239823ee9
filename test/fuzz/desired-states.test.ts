import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import type { DesiredState } from '../../domain/desired-state.ts';
import { parsePlan } from '../../domain/plan.schema.ts';
import { savedPlan } from '../../domain/plan.ts';
import { readAgentList } from '../../files/agent-list.ts';
import { readStateCsv } from '../../files/desired-state-csv.ts';
import { writeStateYaml } from '../../files/desired-state-write.ts';
import { readStateYaml, type StateFile } from '../../files/desired-state.ts';
import { decodeText } from '../../files/text.ts';
import { anyDocument, nearValid } from './near-valid.ts';

const RUNS = 4_000;

const FILE = {
  version: 1,
  roles: {
    billing: {
      skills: [
        { skill: 'Billing', group: 'Voice', level: 3 },
        { skill_id: 'sk-1', skill: 'Fax', level: 5 },
      ],
    },
    chat: { skills: [{ skill: 'Chat', level: 1 }] },
  },
  teams: { peak: { agents: ['a1', 'a2'], roles: ['billing', 'chat'], skills: [{ skill: 'Mail', level: 2 }] } },
  agents: { a2: { roles: ['chat'], skills: [{ skill: 'Chat', level: 4 }] }, '4711': {} },
  exclusive: [{ skill: 'Chat' }, { skill_id: 'sk-1' }],
};
const TABLE = 'agent;skill;group;skill_id;level;exclusive\na1;Billing;Voice;;3;\na2;;;sk-2;5;yes\n;Fax;;;;yes\n';

/** One place of a text replaced by what trips readers up. */
function spoilt(text: string): fc.Arbitrary<string> {
  const odd = fc.constantFrom(
    ...[
      '',
      '"',
      "'",
      '\n',
      '\r\n',
      '\r',
      '\t',
      ';',
      ',',
      '\uFEFF',
      '=1+1',
      '@x',
      '&a',
      '*a',
      '<<: *a',
      '!!js x',
      '---\n',
    ],
    ...[
      '- ',
      ': ',
      '{',
      '}',
      '[',
      ']',
      '#',
      '|',
      '>',
      '%',
      '\u2028',
      'ä',
      '\ud800',
      '0',
      '6',
      '1e9',
      'null',
      '~',
      '{'.repeat(200),
    ],
  );
  const place = fc.nat({ max: text.length });
  return fc
    .array(fc.tuple(place, fc.nat({ max: 5 }), fc.oneof(odd, fc.string({ maxLength: 5 }))), {
      minLength: 1,
      maxLength: 3,
    })
    .map((changes) => changes.reduce((now, [at, cut, put]) => now.slice(0, at) + put + now.slice(at + cut), text));
}

/** What is accepted can be asked of the platform; what is not is refused at a place that exists. */
function judge(file: StateFile, text: string): 'accepted' | 'refused' {
  if (file.ok) {
    for (const { agentId, skills } of file.state.agents) {
      assert.match(agentId, /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/);
      for (const { skill, level } of skills) {
        assert.ok([1, 2, 3, 4, 5].includes(level));
        assertReference(skill);
      }
    }
    for (const skill of file.state.exclusive) assertReference(skill);
    assert.equal(new Set(file.state.agents.map(({ agentId }) => agentId)).size, file.state.agents.length);
    return 'accepted';
  }
  assert.ok(file.problems.count > 0);
  const lines = text.split('\n').length;
  for (const { line, column, message } of file.problems.list()) {
    assert.ok(line >= 1 && line <= lines, `line ${line} of ${lines}: ${message}`);
    assert.ok(column >= 1 && message !== '');
  }
  return 'refused';
}

function assertReference(skill: object): void {
  const { skillId, name, skillGroup } = skill as Record<string, unknown>;
  if (skillId === undefined) assert.ok(typeof name === 'string' && name.trim() !== '' && !/\p{Cc}/u.test(name));
  else assert.ok(typeof skillId === 'string' && /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(skillId));
  assert.ok(skillId === undefined || skillGroup === undefined);
}

test('whatever a desired state in YAML looks like, it is one that can be carried out, or refused by line and column', () => {
  const counts = { accepted: 0, refused: 0 };
  const text = fc.oneof(
    fc.oneof(nearValid([FILE]), anyDocument).map((document) => written(document, stringify)),
    spoilt(stringify(FILE)),
    fc.string(),
  );
  fc.assert(
    fc.property(text, (content) => {
      const decoded = decodeText(Buffer.from(content));
      if (decoded.ok) counts[judge(readStateYaml(decoded.text), decoded.text)] += 1;
    }),
    { numRuns: RUNS },
  );
  assert.ok(counts.accepted > RUNS / 50 && counts.refused > RUNS / 4, JSON.stringify(counts));
});

test('the same of a table', () => {
  const counts = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(fc.oneof({ weight: 9, arbitrary: spoilt(TABLE) }, fc.string()), (content) => {
      const decoded = decodeText(Buffer.from(content));
      if (decoded.ok) counts[judge(readStateCsv(decoded.text), decoded.text)] += 1;
    }),
    { numRuns: RUNS },
  );
  assert.ok(counts.accepted > RUNS / 50 && counts.refused > RUNS / 4, JSON.stringify(counts));
});

test('a list of agents holds ids only', () => {
  fc.assert(
    fc.property(fc.oneof(spoilt('# all\na1\na2\n\n4711\n'), fc.string()), (content) => {
      const list = readAgentList(content);
      if (!list.ok) assert.ok(list.problems.count > 0);
      else for (const agentId of list.agentIds) assert.match(agentId, /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/);
    }),
    { numRuns: RUNS },
  );
});

test('a plan that says anything else than what was saved is refused', () => {
  const plan = savedPlan({
    tenantId: 'acme',
    createdAt: '2026-11-23T09:00:00.000Z',
    source: { name: 'centre.yaml', sha256: 'a'.repeat(64) },
    agentsCompared: 1,
    agents: [{ agentId: 'a1', steps: [{ skillId: 's1', from: 0, to: 4 }], before: [{ skillId: 's2', level: 1 }] }],
    warnings: [{ code: 'unknown-agent', message: 'm', agentIds: ['a9'] }],
  });
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  const text = fc.oneof(
    nearValid([plan]).map((document) => written(document, JSON.stringify)),
    spoilt(JSON.stringify(plan)),
    fc.constant(deep),
  );
  fc.assert(
    fc.property(text, (content) => {
      const parsed = parsePlan(content);
      if (parsed.ok) assert.deepEqual(parsed.plan, plan);
    }),
    { numRuns: RUNS },
  );
});

test('a state that is written is read back as it was', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter(isName);
  const skill = fc.oneof(
    fc.record({ name }, { noNullPrototype: true }),
    fc.record({ name, skillGroup: name }, { noNullPrototype: true }),
    fc.record({ skillId: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,20}$/) }, { noNullPrototype: true }),
  );
  const wish = fc.record({ skill, level: fc.integer({ min: 1, max: 5 }) }, { noNullPrototype: true });
  const skills = fc.uniqueArray(wish, { selector: (one) => JSON.stringify(one.skill), maxLength: 5 });
  const agentId = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9-]{0,20}$/);
  const agents = fc.uniqueArray(fc.record({ agentId, skills }, { noNullPrototype: true }), {
    selector: (one) => one.agentId,
    maxLength: 5,
  });
  fc.assert(
    fc.property(agents, (given) => {
      const state: DesiredState = { agents: given, exclusive: [] };
      const read = readStateYaml(writeStateYaml(state));
      assert.ok(read.ok, JSON.stringify(read));
      const byId = (one: DesiredState) => new Map(one.agents.map((agent) => [agent.agentId, agent.skills]));
      assert.deepEqual(byId(read.state), byId(state));
    }),
    { numRuns: 1_000 },
  );
});

/** A document as a text; an empty one for what no text can say, such as one that is endlessly deep. */
function written(document: unknown, write: (document: unknown) => string | undefined): string {
  try {
    return write(document) ?? '';
  } catch {
    return '';
  }
}

/** A name as the platform's may be, less surrounding blanks, which mean nothing. */
function isName(text: string): boolean {
  return text.trim() === text && text !== '' && !/[\p{Cc}\p{Cs}]/u.test(text);
}
