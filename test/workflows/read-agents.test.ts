import assert from 'node:assert/strict';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { READ_AGENTS_WORKFLOW, type AgentsPage, type ReadAgentsInput } from '../../domain/agents-page.ts';
import { FAILURE } from '../../domain/failure-types.ts';
import { branch } from '../support/branch.ts';
import type { Stack } from '../support/stack.ts';
import { uniqueName } from '../support/temporal.ts';

const OPTIONS = { workflowType: READ_AGENTS_WORKFLOW };

function inputFor(s: Stack, more: Partial<ReadAgentsInput> = {}): ReadAgentsInput {
  const tenantId = s.env['CXONE_TENANT_ID'] ?? '';
  return { tenantId, agentIds: [s.agentId], skills: [], withRouting: false, giveUpAfterMs: 60_000, ...more };
}

async function read(s: Stack, input: unknown): Promise<AgentsPage> {
  const options = { workflowId: uniqueName('read'), taskQueue: s.taskQueue, args: [input] };
  return (await s.temporal.workflow.execute(READ_AGENTS_WORKFLOW, options)) as AgentsPage;
}

async function failureOf(reading: Promise<unknown>): Promise<ApplicationFailure> {
  const error: unknown = await reading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof WorkflowFailedError);
  const cause = error.cause?.cause ?? error.cause;
  assert.ok(cause instanceof ApplicationFailure);
  return cause;
}

branch(
  'read-agents',
  'agents are read with what routing uses and what references lead to; whom nobody knows is said',
  async (s) => {
    const skills = [{ name: 'pci' }, { name: 'twin' }, { name: 'old' }, { skillId: 'gone' }];
    const page = await read(s, inputFor(s, { agentIds: ['nobody', s.agentId], skills, withRouting: true }));
    assert.deepEqual(
      page.agents.map(({ etag: _etag, ...agent }) => agent),
      [
        {
          agentId: s.agentId,
          skills: [{ skillId: 'skill-base', level: 2 }],
          routing: [{ skillId: 'skill-base', level: 2 }],
        },
      ],
    );
    assert.deepEqual([page.unknown, page.unread], [['nobody'], []]);
    assert.deepEqual(
      page.skills.map((answer) => (answer.ok ? answer.facts : answer.problem.code)),
      [
        { skillId: 'skill-pci', name: 'pci', skillGroup: 'compliance', allowedLevels: [1, 5] },
        'ambiguous-skill',
        { skillId: 'skill-old', name: 'old', skillGroup: 'general', allowedLevels: [1, 2, 3, 4, 5], retired: true },
        { skillId: 'gone', allowedLevels: [], retired: true },
      ],
    );
    assert.deepEqual(s.writes(), []);
  },
  OPTIONS,
);

branch(
  'read-agents-throttled',
  'a reading that is throttled waits as long as it is told to, and reads the rest then',
  async (s) => {
    s.simulator.addAgent({ agentId: `${s.agentId}-2`, skills: [] });
    s.simulator.addFault({ on: 'getAgent', times: 1, do: { kind: 'answer', status: 429, retryAfter: 2 } });
    const page = await read(s, inputFor(s, { agentIds: [s.agentId, `${s.agentId}-2`] }));
    assert.deepEqual(
      page.agents.map(({ agentId }) => agentId),
      [s.agentId, `${s.agentId}-2`],
    );
  },
  OPTIONS,
);

branch(
  'read-agents-paced',
  "a reading stands in line with the tenant's writes, and reads who had no turn in time later",
  async (s) => {
    const agentIds = Array.from({ length: 5 }, (_, index) => `${s.agentId}-${index}`);
    for (const agentId of agentIds) s.simulator.addAgent({ agentId, skills: [] });
    const page = await read(s, inputFor(s, { agentIds }));
    assert.deepEqual(
      page.agents.map(({ agentId }) => agentId),
      agentIds,
    );
    // Two at once after a pause, then one every three seconds; a turn is good for three.
    const times = s.simulator.ledger
      .filter(({ operation }) => operation === 'getAgent')
      .map((entry) => entry.arrivedMono);
    assert.equal(times.length, 5);
    assert.ok(Math.max(...times) - Math.min(...times) > 3 * 3_000 - 3_000, times.join());
  },
  { ...OPTIONS, env: { CXONE_AGENTS_PER_MINUTE: '20' } },
);

branch(
  'read-agents-gave-up',
  'who could not be read in time is said, beside those who could',
  async (s) => {
    s.simulator.addAgent({ agentId: `${s.agentId}-2`, skills: [] });
    s.simulator.addFault({ on: 'getAgent', agentId: `${s.agentId}-2`, do: { kind: 'answer', status: 503 } });
    const agentIds = [`${s.agentId}-2`, s.agentId];
    const page = await read(s, inputFor(s, { agentIds, giveUpAfterMs: 1_500 }));
    assert.deepEqual(
      page.agents.map(({ agentId }) => agentId),
      [s.agentId],
    );
    assert.deepEqual(page.unread, [`${s.agentId}-2`]);
  },
  OPTIONS,
);

branch(
  'read-agents-refused',
  'a final refusal of the platform ends the reading with what it said',
  async (s) => {
    s.simulator.addFault({ on: 'getAgent', do: { kind: 'answer', status: 403 } });
    assert.equal((await failureOf(read(s, inputFor(s)))).type, FAILURE.platformRefused);
  },
  OPTIONS,
);

branch(
  'read-agents-malformed',
  'a reading that is started with something else ends at once and stalls nothing',
  async (s) => {
    const wrong = [
      undefined,
      'agents',
      inputFor(s, { tenantId: 'a/b' }),
      inputFor(s, { agentIds: ['a/b'] }),
      inputFor(s, { agentIds: Array.from({ length: 201 }, (_, index) => `a${index}`) }),
      inputFor(s, { skills: [{} as never] }),
      inputFor(s, { giveUpAfterMs: 1e9 }),
      { ...inputFor(s), withRouting: 'yes' },
    ];
    for (const input of wrong) {
      assert.equal((await failureOf(read(s, input))).type, FAILURE.invalidInput);
    }
  },
  OPTIONS,
);
