import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TOGGLE_STEPS, type ToggleStep } from '../../activities/deps.ts';
import { assertProvisioned, isOf, PATIENCE, startRequest, stateChanges, stateIn } from '../support/interrupted-run.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const FRAGILE = fileURLToPath(new URL('../support/fragile-worker.ts', import.meta.url));

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
      const settlement = await startRequest(stack);
      assert.equal(await worker.ended, 'SIGKILL');
      assertLeftBehind(stack, step, worker);
      await startFragileWorker(t, stack, step);
      await assertProvisioned(stack, await settlement());
    });

    test(`${step}: another worker puts the agent back and ends the request`, async (t) => {
      const stack = await startStack(t, { worker: 'none', policy: PATIENCE });
      const workers = await Promise.all([startFragileWorker(t, stack, step), startFragileWorker(t, stack, step)]);
      const settlement = await startRequest(stack);
      const victim = await Promise.race(workers.map((worker) => worker.ended.then(() => worker)));
      assert.equal(await victim.ended, 'SIGKILL');
      assertLeftBehind(stack, step, victim);
      await assertProvisioned(stack, await settlement());
    });
  }
});

/** A worker that polls, and dies at its first toggle unless another of the stack has died so before. */
async function startFragileWorker(t: TestContext, stack: Stack, step: ToggleStep): Promise<WorkerProcess> {
  const argv = ['--import', 'tsx', FRAGILE, step, deathNoteOf(stack)];
  const worker = startWorkerProcess(t, { ...stack.env, LOG_LEVEL: 'info' }, argv);
  await worker.untilSaid('the worker polls');
  return worker;
}

/** The worker died where it was meant to, and nobody has touched the agent since. */
function assertLeftBehind(stack: Stack, step: ToggleStep, victim: WorkerProcess): void {
  assert.equal(readFileSync(deathNoteOf(stack), 'utf8'), String(victim.pid));
  const { calls, state } = LEFT_BEHIND[step];
  const changes = stateChanges(stack);
  assert.deepEqual(changes.map(stateIn), calls);
  assert.ok(changes.every((entry) => isOf(victim, entry)));
  assert.equal(stack.agent().state, state);
}

function deathNoteOf({ auditFile }: Stack): string {
  return join(dirname(auditFile), 'killed.pid');
}
