import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TOGGLE_STEPS, type ToggleStep } from '../../activities/deps.ts';
import type { PolicyOverrides } from '../../domain/policy.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const FRAGILE = fileURLToPath(new URL('../support/fragile-worker.ts', import.meta.url));

/** A busy machine is slow and not out of reach; what is tested is not timed by these. */
const PATIENCE: PolicyOverrides = {
  requestTimeout: '10s',
  idleLimit: '1m',
  outageLimit: '1m',
  propagationWindow: '20s',
};

/** What the dead process had done to the agent: whether its first or its second call had taken effect. */
const LEFT_BEHIND: Record<ToggleStep, { calls: string[]; state: string }> = {
  'before-notavailable': { calls: [], state: 'AVAILABLE' },
  'after-notavailable': { calls: ['NOTAVAILABLE'], state: 'NOTAVAILABLE' },
  'during-gap': { calls: ['NOTAVAILABLE'], state: 'NOTAVAILABLE' },
  'before-available': { calls: ['NOTAVAILABLE'], state: 'NOTAVAILABLE' },
  'after-available': { calls: ['NOTAVAILABLE', 'AVAILABLE'], state: 'AVAILABLE' },
  'before-completion': { calls: ['NOTAVAILABLE', 'AVAILABLE'], state: 'AVAILABLE' },
};

suite('a worker killed in a toggle', { concurrency: 4 }, () => {
  for (const step of TOGGLE_STEPS) {
    test(`${step}: started again, it puts the agent back and ends the request`, async (t) => {
      const stack = await startStack(t, { worker: 'none', policy: PATIENCE });
      const worker = await startFragileWorker(t, stack, step);
      const submitted = await stack.client.submit(stack.request());
      assert.equal(await worker.ended, 'SIGKILL');
      assertLeftBehind(stack, step, worker);
      await startFragileWorker(t, stack, step);
      await assertProvisioned(stack, submitted.result());
    });

    test(`${step}: another worker puts the agent back and ends the request`, async (t) => {
      const stack = await startStack(t, { worker: 'none', policy: PATIENCE });
      const workers = await Promise.all([startFragileWorker(t, stack, step), startFragileWorker(t, stack, step)]);
      const submitted = await stack.client.submit(stack.request());
      const victim = await Promise.race(workers.map((worker) => worker.ended.then(() => worker)));
      assert.equal(await victim.ended, 'SIGKILL');
      assertLeftBehind(stack, step, victim);
      await assertProvisioned(stack, submitted.result());
    });
  }
});

function deathNoteOf({ auditFile }: Stack): string {
  return join(dirname(auditFile), 'killed.pid');
}

/** A worker that polls, and dies at its first toggle unless another of the stack has died so before. */
async function startFragileWorker(t: TestContext, stack: Stack, step: ToggleStep): Promise<WorkerProcess> {
  const argv = ['--import', 'tsx', FRAGILE, step, deathNoteOf(stack)];
  const worker = startWorkerProcess(t, { ...stack.env, LOG_LEVEL: 'info' }, argv);
  await worker.untilSaid('the worker polls');
  return worker;
}

/** The worker died where it was meant to: nobody has touched the agent since. */
function assertLeftBehind(stack: Stack, step: ToggleStep, { pid }: WorkerProcess): void {
  assert.equal(readFileSync(deathNoteOf(stack), 'utf8'), String(pid));
  const { calls, state } = LEFT_BEHIND[step];
  const changes = stateChanges(stack);
  assert.deepEqual(changes.map(stateIn), calls);
  assert.ok(changes.every(({ userAgent }) => userAgent?.includes(`-${pid}-`)));
  assert.equal(stack.agent().state, state);
}

async function assertProvisioned(stack: Stack, result: ReturnType<Stack['client']['provision']>): Promise<void> {
  const settled = await result;
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'provisioned');
  const { state, skills, routing } = stack.agent();
  assert.equal(state, 'AVAILABLE');
  const wanted = [
    { skillId: 'skill-base', level: 2 },
    { skillId: 'skill-voice', level: 4 },
  ];
  assert.deepEqual(skills, wanted);
  assert.deepEqual(routing, wanted);
  const taken = stateChanges(stack).filter((entry) => entry.applied && stateIn(entry) === 'NOTAVAILABLE');
  assert.ok(taken.length <= 3, `${taken.length} toggles`);
  assert.ok(settled.outcome.toggles >= taken.length, 'the outcome owns up to every toggle');
  await stack.finish();
}

function stateChanges(stack: Stack): ReturnType<Stack['writes']> {
  return stack.writes().filter(({ operation }) => operation === 'patchState');
}

function stateIn({ body }: { body?: unknown }): unknown {
  return (body as { state?: unknown }).state;
}
