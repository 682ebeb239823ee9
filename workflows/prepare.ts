import type { IdleState } from '../activities/contract.ts';
import { toMs } from '../domain/duration.ts';
import { FAILURE } from '../domain/failure-types.ts';
import { isUnread } from './activity-failure.ts';
import type { AgentRun } from './agent-run.ts';
import type { Batch, Ready } from './batch.ts';
import { noteInventory, type OpenRequest } from './open-request.ts';
import { describe, publish } from './operator-view.ts';
import { awaitIdleState, checkRequests, fetchAgent, idleWait, type Patience, type Read } from './platform.ts';
import type { ReconciliationReason } from './provision-skill.messages.ts';
import { isEntangled } from './request-queue.ts';
import { adopt, needsResolution, resolve, separate } from './resolution.ts';
import { decide, leave, park, settle } from './settle.ts';
import { unreadFor } from './write-decision.ts';

/**
 * Gets a batch ready to write: requests validated, references resolved, the agent idle, the inventory read. Whoever
 * can't go on leaves the batch on the way. Returns nothing when nobody is left.
 */
export async function prepare(run: AgentRun, batch: Batch): Promise<Ready | undefined> {
  for (;;) {
    dropCancelled(batch);
    if (batch.isFresh) batch.add(run.queue.joining(batch.entries));
    run.enter('Resolving');
    await check(run, batch);
    await settle(run);
    if (batch.isEmpty()) return undefined;

    const patience: Patience = {
      policy: batch.policy,
      limitMs: toMs(batch.policy.outageLimit),
      interrupted: () => mustStop(run, batch),
      onWait: () => run.enter('Resolving', 'platform'),
    };
    const [skills, agent, state] = await Promise.all([
      resolve(run, batch, patience),
      fetchAgent(run, patience),
      awaitIdleState(run, { ...patience, limitMs: 0 }),
    ]);
    run.noteFirstLook();
    if (agent.kind === 'read') {
      const inventory = agent.value.skills.map(({ skillId, level }) => ({ skillId, level }));
      for (const { progress } of batch.entries) noteInventory(progress, inventory);
      await adopt(run, batch, skills, agent.value.skills);
      separate(batch);
    }
    await leaveOnFailure(run, batch, [skills, agent, state.kind === 'refused' ? state : skills]);
    await settle(run);
    if (batch.isEmpty()) return undefined;
    if (skills.kind !== 'read' || agent.kind !== 'read') {
      if (releasedToContinue(run, batch)) return undefined;
      continue;
    }
    if (batch.entries.some(needsResolution)) continue;
    const ready = { skills: batch.entries[0]?.progress.after ?? [], etag: agent.value.etag };
    if (state.kind !== 'read') return ready;
    run.sawAgent(state.value);
    batch.busySince = undefined;
    return { ...ready, state: state.value };
  }
}

/** A batch that has not written yet is given back, so that the run can continue as new. */
function releasedToContinue(run: AgentRun, batch: Batch): boolean {
  if (!mayContinueAsNew(run, batch)) return false;
  for (const entry of [...batch.entries]) batch.release(entry);
  return true;
}

/**
 * Waits until the agent is idle, or nobody is left who waits. Everything that was read before it is old afterwards.
 * False: the batch was given back, so that the run can continue as new.
 */
export async function waitUntilIdle(run: AgentRun, batch: Batch): Promise<boolean> {
  const state = await idle(run, batch);
  await leaveOnFailure(run, batch, [state], batch.policy.idleLimit);
  dropCancelled(batch);
  await settle(run);
  return state.kind === 'read' || !releasedToContinue(run, batch);
}

/** Cancelled before anything was written for it: nothing has changed. */
export function dropCancelled(batch: Batch): void {
  for (const entry of [...batch.entries]) {
    if (!canDrop(entry)) continue;
    batch.remove(entry);
    decide(entry, 'cancelled');
  }
}

function canDrop({ cancel, progress }: OpenRequest): boolean {
  return cancel !== undefined && !isEntangled(progress);
}

/** Whether a wait should end early: somebody cancelled, or the history has grown too long to go on waiting. */
export function mustStop(run: AgentRun, batch: Batch): boolean {
  return batch.entries.some(canDrop) || mayContinueAsNew(run, batch);
}

function mayContinueAsNew(run: AgentRun, batch: Batch): boolean {
  return run.isTooLong && batch.isFresh && batch.entries.every(({ order }) => order === undefined);
}

/** Full validation, and the policy this run keeps for each request. */
async function check(run: AgentRun, batch: Batch): Promise<void> {
  const unchecked = batch.entries.filter(({ progress }) => progress.policy === undefined);
  if (unchecked.length === 0) return;
  const checks = await checkRequests(
    run,
    unchecked.map(({ request }) => request),
  );
  for (const [index, entry] of unchecked.entries()) {
    const answer = checks[index];
    if (answer === undefined) continue;
    if (answer.ok) {
      entry.progress.policy = answer.policy;
      continue;
    }
    batch.remove(entry);
    decide(entry, 'rejected', answer.problem);
  }
}

async function idle(run: AgentRun, batch: Batch): Promise<Read<IdleState>> {
  const started = batch.busySince ?? Date.now();
  batch.busySince = started;
  run.enter('AwaitingIdle', 'idle');
  publish(run);
  const read = await awaitIdleState(run, {
    policy: batch.policy,
    limitMs: Math.max(started + toMs(batch.policy.idleLimit) - Date.now(), 1),
    interrupted: () => mustStop(run, batch),
    onWait: (failure) => {
      run.enter('AwaitingIdle', idleWait(failure));
      describe(run);
    },
  });
  if (read.kind === 'gave-up' && read.lastFailure === FAILURE.notIdle) run.sawAgent(String(read.detail));
  if (read.kind === 'read') run.sawAgent(read.value);
  return read;
}

/** What could not be read is final for the batch: a refusal, or a person has to look. */
async function leaveOnFailure(
  run: AgentRun,
  batch: Batch,
  reads: Read<unknown>[],
  waitedForIdle?: string,
): Promise<void> {
  const failed = reads.find(({ kind }) => kind === 'refused') ?? reads.find(({ kind }) => kind === 'gave-up');
  if (failed === undefined || failed.kind === 'read' || failed.kind === 'interrupted') return;
  for (const entry of [...batch.entries]) {
    batch.remove(entry);
    if (failed.kind === 'refused') await leave(run, entry, failed.problem, 'platform-refused');
    else await leaveGivenUp(run, batch, entry, failed.lastFailure, waitedForIdle);
  }
}

async function leaveGivenUp(
  run: AgentRun,
  batch: Batch,
  entry: OpenRequest,
  lastFailure: string,
  waitedForIdle: string | undefined,
): Promise<void> {
  const { idleLimit, outageLimit } = batch.policy;
  const whyNever: Record<string, string> = {
    [FAILURE.notIdle]: `The agent was never idle for ${idleLimit}.`,
    [FAILURE.shiftBoundary]: `The agent was never idle and clear of shift boundaries for ${idleLimit}.`,
    [FAILURE.shiftFeedStale]: `Work waits for a shift feed, and it has been stale or the agent busy for ${idleLimit}.`,
  };
  const never = whyNever[lastFailure];
  const reason: ReconciliationReason = never === undefined ? 'platform-unavailable' : 'idle-timeout';
  const silence =
    waitedForIdle === undefined
      ? `The platform did not answer for ${outageLimit}.`
      : `The agent was not seen idle for ${waitedForIdle}, and the platform did not answer the last look.`;
  const message = never ?? (isUnread(lastFailure) ? unreadFor(outageLimit) : silence);
  if (entry.cancel === undefined) await park(run, entry, reason, message);
  else decide(entry, 'cancelled', { code: reason, message });
}
