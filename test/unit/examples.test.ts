import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { SkillRef } from '../../domain/request.ts';
import { readBulkInput } from '../../files/bulk-input.ts';
import { readStateYaml } from '../../files/desired-state.ts';
import { DEMO_AGENTS, DEMO_SKILLS } from '../../simulator/seeds.ts';

function assertInDemonstration(agentId: string, skill: SkillRef): void {
  assert.ok(
    DEMO_AGENTS.some((agent) => agent.agentId === agentId),
    agentId,
  );
  const { name, skillGroup } = skill as { name: string; skillGroup?: string };
  const found = DEMO_SKILLS.filter(
    (known) => known.name === name && (skillGroup ?? known.skillGroup) === known.skillGroup,
  );
  assert.equal(found.length, 1, JSON.stringify(skill));
}

test('the example of a bulk is for agents and skills of the demonstration', () => {
  const text = readFileSync('examples/peak.csv', 'utf8');
  const { items, problems } = readBulkInput(text, 'csv', { requestedBy: 'me', reason: 'trying' });
  assert.deepEqual(problems.list(), []);
  assert.equal(items.length, 60);
  for (const { agentId, changes } of items) for (const { skill } of changes) assertInDemonstration(agentId, skill);
});

test('the example of a desired state is for agents and skills of the demonstration', () => {
  const read = readStateYaml(readFileSync('examples/centre.yaml', 'utf8'));
  assert.ok(read.ok);
  for (const { agentId, skills } of read.state.agents) {
    for (const { skill } of skills) assertInDemonstration(agentId, skill);
  }
});
