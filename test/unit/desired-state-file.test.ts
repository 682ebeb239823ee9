import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readStateCsv } from '../../files/desired-state-csv.ts';
import { readStateYaml, type StateFile } from '../../files/desired-state.ts';

const CENTRE = `
version: 1
roles:
  billing:
    skills:
      - { skill: Billing, group: Voice, level: 3 }
      - { skill: Spanish, level: 2 }
teams:
  peak:
    agents: [agent-1, agent-2]
    roles: [billing]
agents:
  agent-2:
    skills: [{ skill: Spanish, level: 5 }]
  '4711': {}
exclusive:
  - { skill_id: sk-1 }
`;

test('a file says who is to have what, by agent, team and role; an agent’s own level goes first', () => {
  assert.deepEqual(readStateYaml(CENTRE), {
    ok: true,
    state: {
      agents: [
        { agentId: '4711', skills: [] },
        {
          agentId: 'agent-2',
          skills: [
            { skill: { name: 'Spanish' }, level: 5 },
            { skill: { name: 'Billing', skillGroup: 'Voice' }, level: 3 },
          ],
        },
        {
          agentId: 'agent-1',
          skills: [
            { skill: { name: 'Billing', skillGroup: 'Voice' }, level: 3 },
            { skill: { name: 'Spanish' }, level: 2 },
          ],
        },
      ],
      exclusive: [{ skillId: 'sk-1' }],
    },
  });
});

test('everything that is wrong with a YAML file is said, each with its line and column', () => {
  const text = `version: 2
colour: red
roles:
  a: { skills: [{ skill: Billing, level: 6 }, { level: 1 }] }
teams:
  t: { agents: [4711], skills: [{ skill_id: s1, group: g, level: 0.5 }] }
`;
  assert.deepEqual(problems(readStateYaml(text)), [
    '1:10 version must be 1',
    '2:9 colour is not known here; allowed are version, roles, teams, agents, exclusive',
    '4:42 level must be a whole number from 1 to 5',
    '6:17 this must be in quotes: "4711"',
    '6:66 level must be a whole number from 1 to 5',
  ]);
});

test('what contradicts itself over several places of a file is said once, with both places', () => {
  const text = `version: 1
roles:
  a: { skills: [{ skill: Billing, level: 3 }] }
  b: { skills: [{ skill: Billing, level: 4 }, { skill: ' Billing ', level: 1 }] }
  c: { skills: [{ level: 4 }, { skill: X, skill_id: s1, group: g, level: 1 }] }
teams:
  t: { agents: [x1, x2, x1], roles: [a, b, nobody] }
`;
  assert.deepEqual(problems(readStateYaml(text)), [
    '4:17 agent x1 is given Billing at level 4 here and 3 in line 3; give it once, or give it under the agent, which goes before both',
    '4:47 Billing is in this list already',
    '5:17 skill or skill_id is required',
    '5:31 group must not be given with skill_id, which is unique by itself',
    '7:25 agent x1 is in this team already',
    '7:44 there is no role nobody in this file',
  ]);
});

test('a table says the same as a file of agents', () => {
  const text = `agent;skill;group;skill_id;level;exclusive
agent-1;Billing;Voice;;3;
agent-1;;;sk-2;5;yes
agent-2;;;;;
;Fax;;;;yes
`;
  assert.deepEqual(readStateCsv(text), {
    ok: true,
    state: {
      agents: [
        {
          agentId: 'agent-1',
          skills: [
            { skill: { name: 'Billing', skillGroup: 'Voice' }, level: 3 },
            { skill: { skillId: 'sk-2' }, level: 5 },
          ],
        },
        { agentId: 'agent-2', skills: [] },
      ],
      exclusive: [{ skillId: 'sk-2' }, { name: 'Fax' }],
    },
  });
});

test('everything that is wrong with a table is said, each with its line and column', () => {
  const text = `agent,skill,skill_id,group,level,exclusive
a/b,Billing,,,3,
a1,Billing,,,3.5,
a1,Billing,,,3,
a1,Billing,,,4,
a1,,../x,,4,
a1,,s1,Voice,4,
a1,,,,4,
,Billing,,,4,
a1,Fax,,,4,perhaps
,Billing,,,4,yes
`;
  assert.deepEqual(problems(readStateCsv(text)), [
    "2:1 agent must be up to 64 letters, digits or '-', the first a letter or digit",
    '3:5 level must be a whole number from 1 to 5',
    '5:2 agent a1 is given Billing in line 4 too',
    "6:3 skill_id must be a skill's id: up to 64 letters, digits, '_', '.' or '-'",
    '7:4 group must not be given with skill_id, which is unique by itself',
    '8:2 skill or skill_id is required',
    '9:1 agent is required',
    '10:6 exclusive must be yes or no',
    '11:1 agent is required with a level',
  ]);
});

function problems(file: StateFile): string[] {
  assert.ok(!file.ok);
  return file.problems.list().map(({ line, column, message }) => `${line}:${column} ${message}`);
}
