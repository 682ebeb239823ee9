import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { ReadingActivities } from '../../activities/contract.ts';
import { packState, type DesiredState } from '../../domain/desired-state.ts';
import { DRIFT_CHECK_WORKFLOW, type DriftCheckInput, type DriftReport } from '../../domain/drift.ts';
import { FAILURE } from '../../domain/failure-types.ts';
import { branch } from '../support/branch.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { shortHistoriesAddress, temporalAddress, uniqueName } from '../support/temporal.ts';

const OPTIONS = { workflowType: DRIFT_CHECK_WORKFLOW };
const VOICE = { skill: { name: 'voice' }, level: 4 };
const BASE = { skill: { name: 'base' }, level: 2 };

/** `twin` is in two groups. */
const TWINNED = [
  { skillId: 'skill-base', level: 2 },
  { skillId: 'skill-twin-a', level: 3 },
];

function inputFor(
  s: Stack,
  skills: DesiredState['agents'][number]['skills'],
  more: Partial<DriftCheckInput> & { exclusive?: DesiredState['exclusive'] } = {},
): DriftCheckInput {
  const { exclusive = [], ...rest } = more;
  return {
    tenantId: s.env['CXONE_TENANT_ID'] ?? '',
    state: packState({ agents: [{ agentId: s.agentId, skills }], exclusive }),
    source: { name: 'centre.yaml', sha256: 'a'.repeat(64) },
    requestedBy: 'kim',
    reason: 'nightly',
    repair: false,
    settleMs: 1_500,
    ...rest,
  };
}

async function check(s: Stack, input: unknown): Promise<DriftReport> {
  const options = { workflowId: uniqueName('drift'), taskQueue: s.taskQueue, args: [input] };
  return (await s.temporal.workflow.execute(DRIFT_CHECK_WORKFLOW, options)) as DriftReport;
}

/** Waits until nobody works for the agent any more. */
async function settled(s: Stack): Promise<void> {
  await s.temporal.workflow.getHandle(s.workflowId).result();
}

branch(
  'drift-none',
  'where everything is as the file says, a check finds and changes nothing',
  async (s) => {
    const report = await check(s, inputFor(s, [BASE], { exclusive: [{ name: 'mail' }] }));
    assert.deepEqual([report.agentsCompared, report.inDirectory, report.inRouting, report.drifted], [1, 0, 0, []]);
    assert.deepEqual([s.writes(), await s.audit()], [[], []]);
  },
  OPTIONS,
);

branch(
  'drift-directory',
  'an agent who is not as the file says is reported and audited by each check that finds it, and left alone',
  async (s) => {
    const input = inputFor(s, [VOICE, { skill: { name: 'pci' }, level: 3 }], { exclusive: [{ name: 'base' }] });
    const steps = [
      { skillId: 'skill-voice', name: 'voice', skillGroup: 'general', from: 0, to: 4 },
      { skillId: 'skill-base', name: 'base', skillGroup: 'general', from: 2, to: 0 },
    ];
    for (let time = 0; time < 2; time += 1) {
      const report = await check(s, input);
      assert.deepEqual([report.inDirectory, report.inRouting], [1, 0]);
      assert.deepEqual(report.drifted, [{ agentId: s.agentId, directory: steps, routing: [] }]);
      assert.deepEqual(
        report.problems.map(({ code }) => code),
        ['level-not-allowed'],
      );
    }
    const records = await s.audit();
    assert.equal(new Set(records.map(({ id }) => id)).size, 2);
    assert.deepEqual(
      records.map(({ data: { status, requestedBy, before } }) => [status, requestedBy, before]),
      Array.from({ length: 2 }, () => ['drift', 'kim', [{ skillId: 'skill-base', level: 2 }]]),
    );
    assert.deepEqual(s.writes(), []);
  },
  OPTIONS,
);

branch(
  'drift-repair',
  'told to repair, a check has the agent made as the file says',
  async (s) => {
    const report = await check(s, inputFor(s, [VOICE], { repair: true, exclusive: [{ name: 'base' }] }));
    assert.ok(report.drifted[0]?.repair !== undefined && 'requestId' in report.drifted[0].repair);
    await settled(s);
    assert.deepEqual(s.agent().skills, [{ skillId: 'skill-voice', level: 4 }]);
    assert.deepEqual(s.agent().routing, s.agent().skills);
  },
  OPTIONS,
);

branch(
  'drift-not-repaired',
  'nothing is taken from an agent one of whose wishes leads nowhere, as it may be what they are given',
  async (s) => {
    const twin = { skill: { name: 'twin' }, level: 3 };
    const exclusive = [{ name: 'twin', skillGroup: 'east' }];
    const report = await check(s, inputFor(s, [BASE, twin], { repair: true, exclusive }));
    const [drifted] = report.drifted;
    assert.deepEqual(
      drifted?.directory.map(({ skillId, to }) => [skillId, to]),
      [['skill-twin-a', 0]],
    );
    const [problem] = report.problems;
    assert.equal(problem?.code, 'ambiguous-skill');
    assert.deepEqual(drifted.repair, { problem });
    assert.deepEqual([report.inDirectory, s.writes()], [1, []]);
    assert.deepEqual(s.agent().skills, TWINNED);
  },
  { ...OPTIONS, agent: { skills: TWINNED } },
);

branch(
  'drift-routing',
  'routing that stays behind the directory is drift, and repaired without a write to the directory',
  async (s) => {
    const report = await check(s, inputFor(s, [BASE], { repair: true }));
    assert.deepEqual([report.inDirectory, report.inRouting], [0, 1]);
    await settled(s);
    assert.deepEqual(s.agent().routing, s.agent().skills);
    assert.deepEqual(
      s.writes().map(({ operation }) => operation),
      ['patchState', 'patchState'],
    );
  },
  { ...OPTIONS, agent: { routing: [] } },
);

branch(
  'drift-routing-follows',
  'routing that follows in its time is no drift',
  async (s) => {
    s.simulator.editSkills(s.agentId, [{ skillId: 'skill-voice', level: 4 }]);
    const report = await check(s, inputFor(s, [VOICE]));
    assert.deepEqual([report.inDirectory, report.inRouting], [0, 0]);
  },
  OPTIONS,
);

test('an agent whose routing is behind and who can not be read again is reported as unread, not as compared', async (t) => {
  const s = await startStack(t, { worker: 'none' });
  let reads = 0;
  const activities: ReadingActivities = {
    async lookUpSkills({ skills }) {
      return skills.map((skill) => ({ skill, ok: true, facts: { skillId: 'skill-base', allowedLevels: [2] } }));
    },
    async readAgents({ agentIds }) {
      reads += 1;
      // Longer than a check waits.
      if (reads > 1) return { agents: [], unknown: [], unread: agentIds, retryAfterMs: 3_600_000 };
      const skills = [{ skillId: 'skill-base', level: 2 }];
      return {
        agents: agentIds.map((agentId) => ({ agentId, skills, routing: [], etag: '1' })),
        unknown: [],
        unread: [],
      };
    },
  };
  const connection = await NativeConnection.connect({ address: await temporalAddress() });
  const workflowBundle = { codePath: new URL('../../dist/workflow-bundle.js', import.meta.url).pathname };
  const worker = await Worker.create({ connection, taskQueue: s.taskQueue, workflowBundle, activities });
  const report = await worker.runUntil(check(s, inputFor(s, [BASE], { settleMs: 1 })));
  await connection.close();
  assert.deepEqual([report.unread, report.agentsCompared, report.inRouting], [[s.agentId], 0, 0]);
});

branch(
  'drift-continued',
  'a check of many agents goes on in a new run, with what it has found so far',
  async (s) => {
    const agents = Array.from({ length: 401 }, (_, index) => `${s.agentId}-${index}`);
    const skills = [{ skillId: 'skill-voice', level: 4 }];
    for (const agentId of agents) s.simulator.addAgent({ agentId, skills, routing: [] });
    // One of each page, whose routing is read again and whose drift is audited.
    const isWatched = (index: number): boolean => index % 200 === 0;
    const state = packState({
      agents: [...agents, 'nobody'].map((agentId, index) => ({ agentId, skills: isWatched(index) ? [VOICE] : [] })),
      exclusive: [],
    });
    const input = inputFor(s, [], { state, settleMs: 1 });
    const workflowId = uniqueName('drift');
    const options = { workflowId, taskQueue: s.taskQueue, args: [input] };
    const handle = await s.temporal.workflow.start(DRIFT_CHECK_WORKFLOW, options);
    const report = (await handle.result()) as DriftReport;
    assert.deepEqual([report.agentsCompared, report.inRouting, report.unknown], [401, 3, ['nobody']]);
    assert.deepEqual(
      report.drifted.map(({ agentId }) => agentId),
      agents.filter((_, index) => isWatched(index)),
    );
    const { runId } = await s.temporal.workflow.getHandle(workflowId).describe();
    assert.notEqual(runId, handle.firstExecutionRunId);
  },
  { ...OPTIONS, temporalAddress: shortHistoriesAddress },
);

branch(
  'drift-malformed',
  'a check that is started with something else ends at once and stalls nothing',
  async (s) => {
    const good = inputFor(s, [VOICE]);
    const wrong = [
      undefined,
      7,
      { ...good, tenantId: '' },
      { ...good, state: { lists: [[{}]], agents: [], exclusive: [] } },
      { ...good, repair: 'yes' },
      { ...good, settleMs: 'soon' },
      { ...good, source: undefined },
      { ...good, requestedBy: undefined },
    ];
    for (const input of wrong) {
      await assert.rejects(check(s, input), (error) => {
        assert.ok(error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure);
        return error.cause.type === FAILURE.invalidInput;
      });
    }
  },
  OPTIONS,
);
