import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePlan } from '../../domain/plan.schema.ts';
import { savedPlan, type PlanContent } from '../../domain/plan.ts';

const CONTENT: PlanContent = {
  tenantId: 'acme',
  createdAt: '2026-11-23T09:00:00.000Z',
  source: { name: 'centre.yaml', sha256: 'a'.repeat(64) },
  agentsCompared: 2,
  agents: [
    {
      agentId: 'agent-1',
      steps: [{ skillId: 'sk-1', name: 'Billing', from: 0, to: 4 }],
      before: [{ skillId: 'sk-2', level: 1 }],
    },
  ],
  warnings: [],
};

test('a plan that is saved is read back as it was', () => {
  const plan = savedPlan(CONTENT);
  assert.deepEqual(parsePlan(JSON.stringify(plan, null, 2)), { ok: true, plan });
});

test('a plan that was changed by hand is refused', () => {
  const plan = savedPlan(CONTENT);
  const edited = JSON.stringify(plan).replace('"to":4', '"to":5');
  assert.deepEqual(paths(edited), ['digest']);
  assert.deepEqual(paths(JSON.stringify({ ...plan, tenantId: 'other' })), ['digest']);
});

test('what is no plan is refused with each field that is wrong', () => {
  assert.deepEqual(paths('{'), ['']);
  assert.deepEqual(paths('[]'), ['']);
  const [agent] = CONTENT.agents;
  const twice = savedPlan({ ...CONTENT, agents: [...CONTENT.agents, ...(agent === undefined ? [] : [agent])] });
  assert.deepEqual(paths(JSON.stringify(twice)), ['agents.1.agentId']);
  assert.deepEqual(paths(JSON.stringify({ ...savedPlan(CONTENT), version: 2, extra: 1 })).sort(), ['extra', 'version']);
});

function paths(text: string): string[] {
  const parsed = parsePlan(text);
  assert.ok(!parsed.ok);
  return parsed.problems.map(({ path }) => path);
}
