import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderAgentStatus, renderQueue, renderSettlement } from '../../client/cli/render.ts';
import type { Settlement } from '../../client/index.ts';

const RUN = { workflowId: 'provision-skill/acme/4711', runId: 'run-1' };

test('an outcome shows each skill before and after, and a level that was rounded', () => {
  const settlement: Settlement = {
    kind: 'ended',
    ...RUN,
    outcome: {
      requestId: 'req-1',
      status: 'provisioned',
      changes: [
        { skillId: 's-1', name: 'Billing', requestedLevel: 3.7, targetLevel: 4, previousLevel: 2, level: 4 },
        { skillId: 's-2', requestedLevel: 0, targetLevel: 0, previousLevel: 5, level: 0 },
      ],
      toggles: 1,
      conflicts: 2,
    },
  };
  assert.deepEqual(renderSettlement(settlement, '4711').split('\n'), [
    'provisioned: agent 4711, request req-1 (done, and read back from routing)',
    '  skill          asked       before     routing now',
    '  Billing (s-1)  3.7 (as 4)  2       →  4',
    '  s-2            remove      5       →  none',
    '  toggles: 1, conflicts: 2',
  ]);
});

test('a level that was never read is not shown as none', () => {
  const outcome = {
    requestId: 'req-1',
    status: 'rejected' as const,
    changes: [{ name: 'Billing', requestedLevel: 3 }],
    toggles: 0,
    conflicts: 0,
    problem: { code: 'unknown-skill', message: 'No skill is named "Billing".' },
  };
  const text = renderSettlement({ kind: 'ended', ...RUN, outcome }, '4711');
  assert.match(text, /Billing +3 +\? +→ +\?/);
  assert.match(text, /unknown-skill: No skill is named "Billing"\./);
});

test('a parked request comes with one command to copy for each action that applies', () => {
  const text = renderSettlement(
    { kind: 'parked', ...RUN, requestId: 'req-1', reason: 'lock-timeout', actions: ['retry', 'abandon'] },
    '4711',
  );
  const commands = text.split('\n').filter((line) => line.startsWith('  cxone-skills reconcile'));
  assert.deepEqual(commands, [
    '  cxone-skills reconcile --agent 4711 --request-id req-1 --action retry --by WHO --note TEXT',
    '  cxone-skills reconcile --agent 4711 --request-id req-1 --action abandon --by WHO --note TEXT',
  ]);
});

test('a request behind a parked one says so and offers no decision about itself', () => {
  const text = renderSettlement(
    { kind: 'parked', ...RUN, requestId: 'req-2', reason: 'blocked-by-reconciliation' },
    '4711',
  );
  assert.match(text, /Another request of this agent waits for a person/);
  assert.doesNotMatch(text, /--action/);
});

test('an agent never seen is said to be that', () => {
  const text = renderAgentStatus({ agentId: '4711', workflowId: RUN.workflowId, state: 'None', requests: [] });
  assert.match(text, /^agent 4711: None\nNothing was ever asked/);
});

test('the queue is a table, and an empty one says that nothing waits', () => {
  assert.equal(renderQueue([]), 'Nothing waits for a person.');
  const text = renderQueue([
    {
      agentId: '4711',
      ...RUN,
      requestId: 'req-1',
      reason: 'agent-not-restored',
      since: '2026-01-02T03:04:05.000Z',
      escalated: true,
      requestedBy: 'j.doe',
      ticket: 'OPS-1',
    },
  ]);
  assert.match(text, /^1 request waits for a person:/);
  assert.match(text, /4711 +req-1 +agent-not-restored +2026-01-02T03:04:05\.000Z +yes +j\.doe +OPS-1/);
});
