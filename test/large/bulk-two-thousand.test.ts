import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BulkReportLine, BulkRequest } from '../../client/index.ts';
import { levelOf } from '../../domain/inventory.ts';
import type { FaultAction } from '../../simulator/index.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const AGENTS = 2_000;
const ON_A_PAGE = 400;
/** Every 33rd agent has trouble: 3 %. */
const TROUBLED = 33;

/** What happens to an agent, in turn. */
const TROUBLES: ((s: Stack, agentId: string) => void)[] = [
  (s, agentId) => onPatch(s, agentId, { kind: 'drop', when: 'before' }),
  (s, agentId) => onPatch(s, agentId, { kind: 'drop', when: 'after' }),
  (s, agentId) => onPatch(s, agentId, { kind: 'answer', status: 503, applied: true }),
  (s, agentId) => onPatch(s, agentId, { kind: 'answer', status: 409, body: { error: 'agent_locked' } }),
  (s, agentId) => onPatch(s, agentId, { kind: 'answer', status: 429, retryAfter: 1 }),
  (s, agentId) => onPatch(s, agentId, { kind: 'answer', status: 403, body: { error: 'forbidden' } }),
  (s, agentId) => onPatch(s, agentId, editing(s, agentId)),
  (s, agentId) => s.simulator.addFault({ on: 'getAgent', agentId, times: 2, do: { kind: 'answer', status: 500 } }),
  (s, agentId) => s.simulator.disturbRouting(agentId, { never: true }),
  (s, agentId) => s.simulator.setState(agentId, 'NOTAVAILABLE', 'BREAK'),
];

function onPatch(s: Stack, agentId: string, fault: FaultAction): void {
  s.simulator.addFault({ on: 'patchAgent', agentId, times: 1, do: fault });
}

function editing(s: Stack, agentId: string): FaultAction {
  return {
    kind: 'call',
    when: 'before',
    run: () => s.simulator.editSkills(agentId, [{ skillId: 'skill-chat', level: 1 }]),
  };
}

function requestOf(s: Stack, index: number): BulkRequest {
  const agentId = `${s.agentId}-${index}`;
  s.simulator.addAgent({ agentId, skills: [{ skillId: 'skill-base', level: 2 }] });
  if (index % TROUBLED === 0) TROUBLES[(index / TROUBLED) % TROUBLES.length]?.(s, agentId);
  const { tenantId: _tenantId, ...request } = s.request({ agentId, requestId: `request-${index}` });
  return { ...request, line: index + 1 };
}

async function startWorker(t: Parameters<typeof startStack>[0], s: Stack): Promise<WorkerProcess> {
  const worker = startWorkerProcess(t, { ...s.env, LOG_LEVEL: 'info' });
  await worker.untilSaid('the worker polls');
  return worker;
}

/** What a line says is what the platform has. One that waits for a person may or may not have been written. */
function assertTrue(s: Stack, { agentId, status, outcome }: BulkReportLine): void {
  const { skills, routing } = s.simulator.agent(agentId);
  const level = levelOf(skills, 'skill-voice');
  const possible = { rejected: [0], 'awaiting-reconciliation': [0, 4] }[status as string] ?? [4];
  assert.ok(possible.includes(level), `${agentId} is ${status} and has level ${level}`);
  if (status !== 'provisioned') return;
  assert.equal(levelOf(routing, 'skill-voice'), 4, `${agentId} is provisioned, and routing does not know`);
  assert.deepEqual(
    outcome?.changes.map((change) => [change.previousLevel, change.level]),
    [[0, 4]],
  );
}

test('two thousand agents, 3 % of them in trouble, and a worker killed on the way: every line of the report is true', async (t) => {
  const s = await startStack(t, { worker: 'none' });
  const [victim] = await Promise.all([startWorker(t, s), startWorker(t, s)]);
  const requests = Array.from({ length: AGENTS }, (_, index) => requestOf(s, index));
  const pages = Array.from({ length: AGENTS / ON_A_PAGE }, (_, page) => ({
    requests: requests.slice(page * ON_A_PAGE, (page + 1) * ON_A_PAGE),
  }));
  const bulkId = s.agentId;
  await s.client.bulk.submit({ bulkId, pages });
  const killed = new AbortController();
  const { counts } = await s.client.bulk.wait(bulkId, {
    onProgress({ settled }) {
      if (settled < AGENTS / 4 || killed.signal.aborted) return;
      killed.abort();
      victim.signal('SIGKILL');
      void startWorker(t, s);
    },
  });
  assert.ok(killed.signal.aborted);
  t.diagnostic(JSON.stringify(counts));

  const lines: BulkReportLine[] = [];
  for await (const line of s.client.bulk.report(bulkId)) lines.push(line);
  assert.deepEqual(
    lines.map(({ line, requestId }) => [line, requestId]),
    requests.map(({ line, requestId }) => [line, requestId]),
  );
  for (const line of lines) assertTrue(s, line);
  assert.deepEqual([...new Set(lines.map(({ status }) => status))].sort(), [
    'awaiting-reconciliation',
    'provisioned',
    'rejected',
  ]);
  await s.finish();
});
