import { metricMeter } from '@temporalio/workflow';
import type { IdleState, PatchAnswer } from '../activities/contract.ts';
import { shows } from '../domain/inventory.ts';
import { METRICS } from '../domain/metric-names.ts';
import { pause, type AgentRun } from './agent-run.ts';
import { intentRecord } from './audit-records.ts';
import { recordAudit } from './audit-trail.ts';
import type { Attempt, Batch, Ready } from './batch.ts';
import { noteInventory, unexpectedLevels, wishesOf, type OpenRequest } from './open-request.ts';
import { publish } from './operator-view.ts';
import { oneLook, patchSkills, verifyRouting } from './platform.ts';
import { dropCancelled, mustStop, prepare, waitUntilIdle } from './prepare.ts';
import { needsResolution } from './resolution.ts';
import { conclude, decide, leave, park, settle } from './settle.ts';
import {
  decideAfterAnswer,
  decideAfterReading,
  withoutTrouble,
  type Unsent,
  type WriteStep,
} from './write-decision.ts';

const conflicts = metricMeter.createCounter(METRICS.conflicts, '1', '412s that were not our own lost write');

/** After a slow audit trail everything that was read before is read again. */
const SLOW_RECORDING_MS = 5_000;

/**
 * Brings the directory to what a batch wishes. Whoever is left in the batch afterwards has its wish in the directory;
 * returns the state the agent was in, or nothing when nobody is left.
 */
export async function writeSkills(run: AgentRun, batch: Batch): Promise<IdleState | undefined> {
  for (;;) {
    const ready = await prepare(run, batch);
    if (ready === undefined) return undefined;
    // What a lock or an outage said before a contact says nothing about the time after it.
    if (ready.state === undefined) batch.history = withoutTrouble(batch.history);
    await judgeReading(run, batch, ready);
    if (batch.isEmpty()) return undefined;
    if (ready.state === undefined) {
      if (!(await waitUntilIdle(run, batch))) return undefined;
      continue;
    }
    if (batch.missing(ready.skills).length === 0) return ready.state;

    run.enter('Patching');
    const attempt = batch.attemptFor(run.agentId, ready, run.nextKeyTime);
    if (!(await recordIntent(run, batch, attempt, ready)) || batch.entries.some(needsResolution)) continue;
    const answer = await patchSkills(run, attempt, batch.policy);
    const step = takeAnswer(batch, attempt, answer);
    if (step.kind === 'written') return ready.state;
    await follow(run, batch, attempt, step);
    if (batch.isEmpty()) return undefined;
  }
}

/** What the reading says about the batch: who is done already, who was in conflict, who must not go on. */
async function judgeReading(run: AgentRun, batch: Batch, ready: Ready): Promise<void> {
  const missing = new Set(batch.missing(ready.skills));
  for (const entry of batch.entries) {
    if (entry.progress.wrote === 'no') {
      if (!entry.progress.rollback) entry.progress.before = ready.skills;
    } else if (!missing.has(entry)) {
      entry.progress.wrote = 'yes';
      batch.writtenAt ??= Date.now();
    }
  }
  const {
    history,
    conflict,
    park: reason,
  } = decideAfterReading(missing.size === 0, batch.history, batch.policy, Date.now());
  batch.history = history;
  for (const entry of missing) {
    if (conflict) {
      entry.progress.conflicts += 1;
      conflicts.add(1);
    }
    if (entry.cancel !== undefined) {
      batch.remove(entry);
      decide(entry, 'cancelled');
    } else if (reason !== undefined) {
      batch.remove(entry);
      await park(run, entry, reason.reason, reason.message);
    }
  }
  await leaveToOthers(run, batch, ready);
  await setAsideInStep(run, batch, missing);
}

/** Who was to change a level that is another by now does not; the ETag sees to it that none changes unseen. */
async function leaveToOthers(run: AgentRun, batch: Batch, ready: Ready): Promise<void> {
  for (const entry of batch.missing(ready.skills)) {
    const unexpected = unexpectedLevels(entry, ready.skills);
    if (unexpected.length === 0) continue;
    batch.remove(entry);
    const message = `Somebody else has changed the agent: ${unexpected.join(', ')}. It was left as it is.`;
    await leave(run, entry, { code: 'changed-by-others', message }, 'conflict-limit');
  }
}

/** In the directory and in routing already: there is nothing left to do, neither a write nor a toggle. */
async function setAsideInStep(run: AgentRun, batch: Batch, missing: ReadonlySet<OpenRequest>): Promise<void> {
  const present = batch.entries.filter((entry) => !missing.has(entry));
  if (present.length === 0) return;
  const look = await verifyRouting(run, [], oneLook(batch.policy));
  if (look.kind !== 'in-step') return;
  for (const entry of present) {
    entry.progress.routing = look.routing;
    if (!shows(look.routing, wishesOf(entry))) continue;
    batch.remove(entry);
    conclude(entry);
  }
}

/** Nothing is written without its intent in the audit trail. False: look at everything again first. */
async function recordIntent(run: AgentRun, batch: Batch, attempt: Attempt, ready: Ready): Promise<boolean> {
  if (attempt.intended) return true;
  const started = Date.now();
  const records = attempt.entries.map((entry) => intentRecord(run, entry, ready.skills));
  const answer = await recordAudit(run, records, () => run.enter('Patching', 'audit'));
  run.enter('Patching');
  if (answer === 'unrecordable') {
    for (const entry of attempt.entries) {
      batch.remove(entry);
      await park(run, entry, 'audit-unrecordable', 'The audit trail can never accept the record of this change.');
    }
    return false;
  }
  attempt.intended = true;
  return Date.now() - started <= SLOW_RECORDING_MS && !mustStop(run, batch);
}

/** Notes what the answer means for each request of the attempt. */
function takeAnswer(batch: Batch, attempt: Attempt, answer: PatchAnswer | Unsent): WriteStep {
  const now = Date.now();
  const showsWish = answer.kind === 'answered' && shows(answer.skills, attempt.wishes);
  const decision = decideAfterAnswer(answer, showsWish, batch.history, batch.policy, now);
  batch.history = decision.history;
  if (!decision.keepAttempt) batch.attempt = undefined;
  for (const { progress } of attempt.entries) {
    if (answer.kind === 'answered') {
      progress.wrote = 'yes';
      if (!progress.rollback) progress.written = answer.skills;
    } else if (answer.kind === 'lost' && progress.wrote === 'no') progress.wrote = 'maybe';
  }
  // Those of the batch that had nothing to write have read the same directory.
  for (const { progress } of new Set([...batch.entries, ...attempt.entries])) {
    if (answer.kind === 'answered') noteInventory(progress, answer.skills);
    if (answer.kind === 'lost') progress.outdated = true;
  }
  if (answer.kind === 'answered') batch.writtenAt = now;
  return decision.step;
}

async function follow(
  run: AgentRun,
  batch: Batch,
  attempt: Attempt,
  step: Exclude<WriteStep, { kind: 'written' }>,
): Promise<void> {
  switch (step.kind) {
    case 'read-again':
      return;
    case 'wait':
      await waitInFull(run, batch, step);
      return;
    case 'park':
      for (const entry of [...batch.entries]) {
        batch.remove(entry);
        if (entry.cancel === undefined) await park(run, entry, step.reason, step.message);
        else decide(entry, 'cancelled', { code: step.reason, message: step.message });
      }
      return;
    case 'invalid':
      if (attempt.entries.length > 1) {
        for (const entry of [...batch.entries]) {
          entry.alone = true;
          batch.release(entry);
        }
        return;
      }
      return refuseAll(run, batch, attempt, step);
    case 'refused':
      return refuseAll(run, batch, attempt, step);
  }
}

/** Who is cancelled meanwhile leaves at once; for the others the wait is not shortened. */
async function waitInFull(run: AgentRun, batch: Batch, step: Extract<WriteStep, { kind: 'wait' }>): Promise<void> {
  const until = Date.now() + step.ms;
  for (let interrupted = true; interrupted && !batch.isEmpty();) {
    run.enter('Patching', step.waitingFor);
    if (step.waitingFor === 'lock') publish(run);
    interrupted = await pause(until - Date.now(), WAITS[step.waitingFor], () => mustStop(run, batch));
    dropCancelled(batch);
    await settle(run);
  }
}

async function refuseAll(
  run: AgentRun,
  batch: Batch,
  attempt: Attempt,
  answer: Extract<WriteStep, { kind: 'refused' }> | { kind: 'invalid' },
): Promise<void> {
  const problem =
    answer.kind === 'invalid'
      ? { code: 'validation-failed', message: 'The platform says that the change itself is wrong.' }
      : refusalOf(answer);
  for (const entry of attempt.entries) {
    batch.remove(entry);
    await leave(run, entry, problem, 'platform-refused');
  }
}

function refusalOf({ status, code }: { status: number; code?: string }): { code: string; message: string } {
  if (status === 404) return { code: 'unknown-agent', message: 'The platform does not know the agent.' };
  const named = code === undefined ? '' : ` (${code})`;
  return { code: 'platform-refused', message: `The platform refused the change with status ${status}${named}.` };
}

const WAITS = {
  conflict: 'conflict (412): wait, then read and try again',
  lock: 'workforce management holds a lock: wait, then read and try again',
  platform: 'the platform is busy or did not answer: wait, then read and try again',
  pace: 'the tenant has its changes for this minute: wait for a turn, then read and try again',
} as const;
