import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { SavedPlan } from '../../domain/plan.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ASKED = ['--by', 'kim', '--reason', 'peak'] as const;

interface Centre {
  s: Stack;
  /** Of three agents: who has base at 2; base and mail; nothing. */
  agents: [string, string, string];
  path: (name: string) => string;
  write: (name: string, text: string) => string;
}

async function startCentre(t: TestContext): Promise<Centre> {
  const s = await startStack(t);
  const agents: [string, string, string] = [s.agentId, `${s.agentId}-b`, `${s.agentId}-c`];
  const skills = [
    { skillId: 'skill-base', level: 2 },
    { skillId: 'skill-mail', level: 3 },
  ];
  s.simulator.addAgent({ agentId: agents[1], skills });
  s.simulator.addAgent({ agentId: agents[2], skills: [] });
  const folder = temporaryFolder(t);
  const path = (name: string): string => join(folder, name);
  return {
    s,
    agents,
    path,
    write(name, text) {
      writeFileSync(path(name), text);
      return path(name);
    },
  };
}

function stateFile([a, b, c]: Centre['agents']): string {
  return `version: 1
roles:
  voice:
    skills: [{ skill: voice, level: 4 }]
teams:
  peak:
    agents: ['${a}', '${b}']
    roles: [voice]
agents:
  '${c}':
    skills: [{ skill: twin, group: west, level: 1 }, { skill: pci, level: 3 }]
  nobody: {}
exclusive: [{ skill: mail }]
`;
}

test('a plan shows what would change and what is worth a thought, and changes nothing', async (t) => {
  const { s, agents, write } = await startCentre(t);
  const [a, b, c] = agents;
  const file = write('centre.yaml', stateFile(agents));
  const plan = await s.cli('plan', '--file', file, '--detailed-exitcode');
  assert.equal(plan.code, 8);
  const { agents: planned, warnings, agentsCompared } = plan.json as unknown as SavedPlan;
  const voice = { skillId: 'skill-voice', name: 'voice', skillGroup: 'general', from: 0, to: 4 };
  assert.deepEqual(
    planned.map(({ agentId, steps }) => ({ agentId, steps })),
    [
      { agentId: c, steps: [{ skillId: 'skill-twin-b', name: 'twin', skillGroup: 'west', from: 0, to: 1 }] },
      { agentId: a, steps: [voice] },
      {
        agentId: b,
        steps: [voice, { skillId: 'skill-mail', name: 'mail', skillGroup: 'general', from: 3, to: 0 }],
      },
    ],
  );
  assert.equal(agentsCompared, 3);
  assert.deepEqual(
    warnings.map(({ code, agentIds }) => [code, agentIds]),
    [
      ['skill-without-agent', []],
      ['level-not-allowed', [c]],
      ['unknown-agent', ['nobody']],
    ],
  );
  const text = await s.cliText('plan', '--file', file);
  assert.equal(text.code, 0);
  assert.match(text.stdout, new RegExp(`${b} +mail in general \\(skill-mail\\) +3 +→ +none`));
  assert.match(text.stdout, /warning: mail in general \(skill-mail\) is left with none of the agents of this file\./);
  assert.deepEqual(
    s.simulator.ledger.filter(({ operation }) => operation.startsWith('patch')),
    [],
  );
});

test('a plan is applied exactly, rolled back exactly, and in between there is nothing to change', async (t) => {
  const { s, agents, path, write } = await startCentre(t);
  const [a, b] = agents;
  const file = write('centre.yaml', stateFile(agents));
  const saved = path('centre.plan.json');
  const before = agents.map((agent) => s.simulator.agent(agent).skills);
  assert.equal((await s.cli('plan', '--file', file, '--out', saved)).code, 0);

  const applied = await s.cli('apply', '--plan', saved, ...ASKED);
  assert.equal(applied.code, 0, applied.stdout);
  assert.deepEqual(statuses(applied.json), ['provisioned', 'provisioned', 'provisioned']);
  assert.deepEqual(s.simulator.agent(b).skills, [
    { skillId: 'skill-base', level: 2 },
    { skillId: 'skill-voice', level: 4 },
  ]);
  assert.equal((await s.cli('plan', '--file', file, '--detailed-exitcode')).code, 0);
  const again = await s.cli('apply', '--plan', saved, ...ASKED);
  assert.deepEqual([again.code, statuses(again.json)], [0, ['unchanged', 'unchanged', 'unchanged']]);

  // Somebody else has changed one of them since, which is theirs to keep.
  s.simulator.editSkills(a, [{ skillId: 'skill-voice', level: 5 }]);
  const back = await s.cli('rollback', '--plan', saved, ...ASKED);
  assert.equal(back.code, 0, back.stdout);
  assert.deepEqual(s.simulator.agent(a).skills, [{ skillId: 'skill-voice', level: 5 }]);
  assert.deepEqual(
    agents.slice(1).map((agent) => sorted(s.simulator.agent(agent).skills)),
    before.slice(1).map(sorted),
  );
  assert.deepEqual(
    (back.json['left'] as { agentId: string; level: number }[]).map(({ agentId, level }) => [agentId, level]),
    [[a, 5]],
  );
  const twice = await s.cli('rollback', '--plan', saved, ...ASKED);
  assert.deepEqual([twice.code, statuses(twice.json)], [0, []]);
  await s.finish();
});

test('a plan can be applied again after it was rolled back', async (t) => {
  const { s, agents, path, write } = await startCentre(t);
  const file = write('centre.yaml', stateFile(agents));
  const saved = path('centre.plan.json');
  await s.cli('plan', '--file', file, '--out', saved);
  for (const command of ['apply', 'rollback', 'apply']) {
    const run = await s.cli(command, '--plan', saved, ...ASKED);
    assert.deepEqual([run.code, statuses(run.json)], [0, ['provisioned', 'provisioned', 'provisioned']], command);
  }
  assert.equal((await s.cli('plan', '--file', file, '--detailed-exitcode')).code, 0);
  await s.finish();
});

test('a plan is refused, with nothing done, when an agent has changed since or the plan was edited', async (t) => {
  const { s, agents, path, write } = await startCentre(t);
  const saved = path('centre.plan.json');
  await s.cli('plan', '--file', write('centre.yaml', stateFile(agents)), '--out', saved);
  s.simulator.editSkills(agents[1], [{ skillId: 'skill-chat', level: 1 }]);
  const refused = await s.cli('apply', '--plan', saved, ...ASKED);
  assert.deepEqual([refused.code, refused.json.problem?.code], [3, 'agents-changed']);
  assert.deepEqual(refused.json.problem?.details, { agentIds: [agents[1]] });
  const edited = write('edited.json', readFileSync(saved, 'utf8').replace('"to": 4', '"to": 5'));
  const wrong = await s.cli('apply', '--plan', edited, ...ASKED);
  assert.deepEqual([wrong.code, wrong.json.problem?.code], [2, 'invalid-file']);
  const never = await s.cli(
    'rollback',
    '--plan',
    edited.replace('edited', 'centre.plan'),
    ...ASKED,
    '--tenant',
    'other',
  );
  assert.equal(never.code, 2);
  await s.finish();
});

test('a rollback without a record of an apply is refused', async (t) => {
  const { s, agents, path, write } = await startCentre(t);
  const saved = path('centre.plan.json');
  await s.cli('plan', '--file', write('centre.yaml', stateFile(agents)), '--out', saved);
  const refused = await s.cli('rollback', '--plan', saved, ...ASKED);
  assert.deepEqual([refused.code, refused.json.problem?.code], [3, 'not-applied']);
});

test('an apply of which a part waits for a person is finished by the next, and rolled back as one', async (t) => {
  const { s, agents, path, write } = await startCentre(t);
  const busy = agents[1];
  const saved = path('centre.plan.json');
  const before = agents.map((agent) => s.simulator.agent(agent).skills);
  s.simulator.setState(busy, 'CALL');
  await s.cli('plan', '--file', write('centre.yaml', stateFile(agents)), '--out', saved);
  const first = await s.cli('apply', '--plan', saved, ...ASKED);
  assert.deepEqual(
    [first.code, statuses(first.json).sort()],
    [4, ['awaiting-reconciliation', 'provisioned', 'provisioned']],
  );
  const early = await s.cli('rollback', '--plan', saved, ...ASKED);
  assert.equal(early.code, 4);
  assert.deepEqual(
    (early.json['open'] as { agentId: string }[]).map(({ agentId }) => agentId),
    [busy],
  );
  s.simulator.setState(busy, 'AVAILABLE');
  await s.cli('reconcile', '--agent', busy, '--action', 'retry', '--by', 'kim', '--note', 'the call is over');
  const second = await s.cli('apply', '--plan', saved, ...ASKED);
  assert.equal(second.code, 0, second.stdout);
  assert.equal((await s.cli('rollback', '--plan', saved, ...ASKED)).code, 0);
  assert.deepEqual(
    agents.map((agent) => sorted(s.simulator.agent(agent).skills)),
    before.map(sorted),
  );
  await s.finish();
});

test('a file that is wrong is said to be so by line and column, and nothing is sent', async (t) => {
  const { s, agents, write } = await startCentre(t);
  const wrong = await s.cli('plan', '--file', write('centre.yaml', 'version: 1\nagents:\n  a/b: {}\n'));
  assert.deepEqual([wrong.code, wrong.json.problem?.code], [2, 'invalid-file']);
  const [problem] = wrong.json.problem?.details?.['problems'] as { line: number; column: number }[];
  assert.deepEqual([problem?.line, problem?.column], [3, 8]);
  const text = await s.cliText('plan', '--file', write('centre.csv', 'agent,skill,level\n=1+1,voice,4\n'));
  assert.equal(text.code, 2);
  assert.match(text.stderr, /^invalid-file: .*centre\.csv has 1 problem\. Nothing was sent\.\n {2}.*centre\.csv:2:1: /);
  const unknown = stateFile(agents).replace('skill: voice', 'skill: voize');
  const refused = await s.cli('plan', '--file', write('voize.yaml', unknown));
  assert.deepEqual([refused.code, refused.json.problem?.code], [3, 'state-refused']);
  assert.match(refused.json.problem?.message ?? '', /No skill is named "voize"/);
});

test('what agents have is written as a file, and a plan of it has nothing to change', async (t) => {
  const { s, agents, path, write } = await startCentre(t);
  s.simulator.addSkill({ skillId: 'skill-double', name: 'twin', skillGroup: 'west' });
  s.simulator.editSkills(agents[2], [
    { skillId: 'skill-twin-a', level: 1 },
    { skillId: 'skill-twin-b', level: 5 },
    { skillId: 'skill-old', level: 3 },
    { skillId: 'skill-gone', level: 3 },
  ]);
  const list = write('agents.txt', `# all of them\n${agents.join('\n')}\n\nnobody\n`);
  const out = path('centre.yaml');
  const imported = await s.cli('import', '--agents', list, '--out', out);
  assert.deepEqual([imported.code, imported.json], [0, { agents: 3, unknown: ['nobody'], out }]);
  const text = readFileSync(out, 'utf8');
  assert.match(text, /- skill: twin\n +group: east\n +level: 1/);
  assert.match(text, /- skill_id: skill-twin-b\n +skill: twin\n +level: 5/);
  assert.match(text, /- skill: old\n +group: general\n +level: 3/);
  assert.match(text, /- skill_id: skill-gone\n +level: 3/);
  const plan = await s.cli('plan', '--file', out, '--detailed-exitcode');
  assert.deepEqual([plan.code, plan.json['agents'], plan.json['warnings']], [0, [], []]);
  const printed = await s.cliText('import', '--agents', list);
  assert.match(printed.stdout, /^# The platform does not know nobody\.\nversion: 1\n/);
});

test('without a worker a plan says so within ten seconds', async (t) => {
  const { s, agents, write } = await startCentre(t);
  await s.stopWorker();
  const plan = await s.cli('plan', '--file', write('centre.yaml', stateFile(agents)));
  assert.deepEqual([plan.code, plan.json.problem?.code], [7, 'no-worker']);
});

function statuses(document: Record<string, unknown>): unknown[] {
  return (document['requests'] as { status: string }[]).map(({ status }) => status);
}

function sorted(skills: { skillId: string; level: number }[]): { skillId: string; level: number }[] {
  return skills.toSorted((one, other) => one.skillId.localeCompare(other.skillId));
}
