import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startStack } from '../support/stack.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const AGENTS = 5_000;

test('a plan of 5,000 agents finds the one who differs, and the next one, with nothing to change, says so', async (t) => {
  // At 500 a minute two plans would take twenty minutes.
  const s = await startStack(t, { env: { CXONE_PREMIUM: 'true', CXONE_AGENTS_PER_MINUTE: '20000' } });
  const agents = Array.from({ length: AGENTS }, (_, index) => `${s.agentId}-${index}`);
  const skills = [
    { skillId: 'skill-base', level: 2 },
    { skillId: 'skill-voice', level: 4 },
  ];
  for (const agentId of agents) s.simulator.addAgent({ agentId, skills });
  const odd = agents[4_321] ?? '';
  s.simulator.editSkills(odd, skills.slice(0, 1));
  const rows = agents.flatMap((agent) => [`${agent},base,2`, `${agent},voice,4`]);
  const file = join(temporaryFolder(t), 'centre.csv');
  writeFileSync(file, ['agent,skill,level', ...rows].join('\n'));

  const plan = await s.cli('plan', '--file', file, '--detailed-exitcode');
  assert.equal(plan.code, 8);
  assert.equal(plan.json['agentsCompared'], AGENTS);
  assert.deepEqual(
    (plan.json['agents'] as { agentId: string }[]).map(({ agentId }) => agentId),
    [odd],
  );
  s.simulator.editSkills(odd, skills);
  const again = await s.cliText('plan', '--file', file, '--detailed-exitcode');
  assert.deepEqual(
    [again.code, again.stdout],
    [0, `Nothing to change: ${AGENTS} agents compared, all as the file says.\n`],
  );
  // Each agent is asked for once by each plan, and routing, state and the like by none.
  const asked = new Set(agents);
  const reads = s.simulator.ledger.filter(({ actor, agentId = '' }) => actor === 'client' && asked.has(agentId));
  assert.deepEqual(
    [reads.length, new Set(reads.map(({ operation }) => operation))],
    [2 * AGENTS, new Set(['getAgent'])],
  );
});
