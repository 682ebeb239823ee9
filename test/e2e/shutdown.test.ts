import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import type { LedgerEntry } from '../../simulator/index.ts';
import { assertProvisioned, isOf, PATIENCE, startRequest, stateChanges, stateIn } from '../support/interrupted-run.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

suite('a worker stopped in a toggle', { concurrency: true }, () => {
  test('SIGTERM in the gap: the same process puts the agent back before it exits with 0', async (t) => {
    const stack = await startStack(t, { worker: 'none', policy: { ...PATIENCE, toggleGap: '1s' } });
    const worker = await startWorker(t, stack);
    const settlement = await startRequest(stack);
    await takenOut(stack);
    worker.signal('SIGTERM');
    assert.equal(stack.agent().state, 'NOTAVAILABLE');
    assert.equal(await worker.ended, 0);
    assert.equal(stack.agent().state, 'AVAILABLE');
    const changes = stateChanges(stack);
    assert.deepEqual(changes.map(stateIn), ['NOTAVAILABLE', 'AVAILABLE']);
    assert.ok(changes.every((entry) => isOf(worker, entry)));

    await startWorker(t, stack);
    await assertProvisioned(stack, await settlement());
    assert.equal(stateChanges(stack).length, 2);
  });

  test('SIGSTOP in the gap: another process puts the agent back, the resumed one sends no state', async (t) => {
    const stack = await startStack(t, { worker: 'none', policy: { ...PATIENCE, toggleGap: '1s' } });
    const workers = await Promise.all([startWorker(t, stack), startWorker(t, stack)]);
    const settlement = await startRequest(stack);
    const stopped = ownerOf(workers, await takenOut(stack));
    stopped.signal('SIGSTOP');
    assert.equal(stack.agent().state, 'NOTAVAILABLE');
    await stack.simulator.waitFor((entry) => entry.applied && stateIn(entry) === 'AVAILABLE');
    await resumeAndEnd(stopped);

    await assertProvisioned(stack, await settlement());
    const [out, back, ...more] = stateChanges(stack);
    assert.deepEqual(more, []);
    assert.ok(out !== undefined && isOf(stopped, out));
    assert.ok(back !== undefined && !isOf(stopped, back));
  });

  test('SIGSTOP right before NOTAVAILABLE: the resumed process no longer takes the agent out', async (t) => {
    const stack = await startStack(t, { worker: 'none', policy: PATIENCE });
    const look = stack.simulator.hold({ on: 'getState', nth: 2, when: 'after' });
    const workers = await Promise.all([startWorker(t, stack), startWorker(t, stack)]);
    const settlement = await startRequest(stack);
    const held = await look.arrived;
    const stopped = ownerOf(workers, held);
    stopped.signal('SIGSTOP');
    look.release();
    const after = (entry: LedgerEntry): boolean => entry.seq > held.seq && entry.operation === 'getState';
    assert.ok(!isOf(stopped, await stack.simulator.waitFor(after)), 'another process has taken over');
    await resumeAndEnd(stopped);

    await assertProvisioned(stack, await settlement());
    assert.ok(stateChanges(stack).every((entry) => !isOf(stopped, entry)));
  });
});

async function startWorker(t: TestContext, stack: Stack): Promise<WorkerProcess> {
  const worker = startWorkerProcess(t, { ...stack.env, LOG_LEVEL: 'info' });
  await worker.untilSaid('the worker polls');
  return worker;
}

/** Lets a stopped process go on, and end in order: then it has sent all it will ever send. */
async function resumeAndEnd(worker: WorkerProcess): Promise<void> {
  worker.signal('SIGCONT');
  worker.signal('SIGTERM');
  assert.equal(await worker.ended, 0);
}

/** The call that took the agent out, answered. */
function takenOut({ simulator }: Stack): Promise<LedgerEntry> {
  return simulator.waitFor((entry) => entry.applied && stateIn(entry) === 'NOTAVAILABLE');
}

function ownerOf(workers: readonly WorkerProcess[], entry: LedgerEntry): WorkerProcess {
  const owner = workers.find((worker) => isOf(worker, entry));
  if (owner === undefined) throw new Error(`none of the workers is ${entry.userAgent ?? 'unnamed'}`);
  return owner;
}
