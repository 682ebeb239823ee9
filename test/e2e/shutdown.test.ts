import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import type { PolicyOverrides } from '../../domain/policy.ts';
import type { LedgerEntry } from '../../simulator/index.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

/** A busy machine is slow and not out of reach; what is tested is not timed by these. */
const PATIENCE: PolicyOverrides = {
  requestTimeout: '30s',
  idleLimit: '1m',
  outageLimit: '1m',
  propagationWindow: '20s',
};

suite('a worker stopped in a toggle', { concurrency: true }, () => {
  test('SIGTERM in the gap: the same process puts the agent back before it exits with 0', async (t) => {
    const stack = await startStack(t, { worker: 'none', policy: { ...PATIENCE, toggleGap: '1s' } });
    const worker = await startWorker(t, stack);
    const submitted = await stack.client.submit(stack.request());
    await takenOut(stack);
    worker.signal('SIGTERM');
    assert.equal(stack.agent().state, 'NOTAVAILABLE');
    assert.equal(await worker.ended, 0);
    assert.equal(stack.agent().state, 'AVAILABLE');
    const changes = stateChanges(stack);
    assert.deepEqual(changes.map(stateIn), ['NOTAVAILABLE', 'AVAILABLE']);
    assert.ok(changes.every((entry) => isOf(worker, entry)));

    await startWorker(t, stack);
    await assertProvisioned(stack, submitted);
    assert.equal(stateChanges(stack).length, 2);
    await stack.finish();
  });

  test('SIGSTOP in the gap: another process puts the agent back, the resumed one sends no state', async (t) => {
    const stack = await startStack(t, { worker: 'none', policy: { ...PATIENCE, toggleGap: '1s' } });
    const workers = await Promise.all([startWorker(t, stack), startWorker(t, stack)]);
    const submitted = await stack.client.submit(stack.request());
    const stopped = ownerOf(workers, await takenOut(stack));
    stopped.signal('SIGSTOP');
    assert.equal(stack.agent().state, 'NOTAVAILABLE');
    await stack.simulator.waitFor((entry) => entry.applied && stateIn(entry) === 'AVAILABLE');
    await resumeAndEnd(stopped);

    await assertProvisioned(stack, submitted);
    const [out, back, ...more] = stateChanges(stack);
    assert.deepEqual(more, []);
    assert.ok(out !== undefined && isOf(stopped, out));
    assert.ok(back !== undefined && !isOf(stopped, back));
    await stack.finish();
  });

  test('SIGSTOP right before NOTAVAILABLE: the resumed process no longer takes the agent out', async (t) => {
    const stack = await startStack(t, { worker: 'none', policy: PATIENCE });
    const look = stack.simulator.hold({ on: 'getState', nth: 2, when: 'after' });
    const workers = await Promise.all([startWorker(t, stack), startWorker(t, stack)]);
    const submitted = await stack.client.submit(stack.request());
    const held = await look.arrived;
    const stopped = ownerOf(workers, held);
    stopped.signal('SIGSTOP');
    look.release();
    const after = (entry: LedgerEntry): boolean => entry.seq > held.seq && entry.operation === 'getState';
    assert.ok(!isOf(stopped, await stack.simulator.waitFor(after)), 'another process has taken over');
    await resumeAndEnd(stopped);

    await assertProvisioned(stack, submitted);
    assert.ok(stateChanges(stack).every((entry) => !isOf(stopped, entry)));
    await stack.finish();
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

function isOf({ pid }: WorkerProcess, { userAgent }: LedgerEntry): boolean {
  return userAgent?.includes(`-${pid}-`) === true;
}

async function assertProvisioned(
  stack: Stack,
  submitted: Awaited<ReturnType<Stack['client']['submit']>>,
): Promise<void> {
  const settled = await submitted.result();
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'provisioned');
  const { state, skills, routing } = stack.agent();
  assert.equal(state, 'AVAILABLE');
  assert.deepEqual(skills, [
    { skillId: 'skill-base', level: 2 },
    { skillId: 'skill-voice', level: 4 },
  ]);
  assert.deepEqual(routing, skills);
}

function stateChanges(stack: Stack): LedgerEntry[] {
  return stack.writes().filter(({ operation }) => operation === 'patchState');
}

function stateIn({ operation, body }: LedgerEntry): unknown {
  return operation === 'patchState' ? (body as { state?: unknown }).state : undefined;
}
