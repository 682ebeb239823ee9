import { patched } from '@temporalio/workflow';
import type { IdleState, ToggleResult } from '../activities/contract.ts';
import { toMs } from '../domain/duration.ts';
import { shows, type SkillLevel } from '../domain/inventory.ts';
import type { Policy } from '../domain/policy.ts';
import { pause, type AgentRun } from './agent-run.ts';
import type { Batch } from './batch.ts';
import { wishesOf, type OpenRequest } from './open-request.ts';
import { publish } from './operator-view.ts';
import { awaitIdleState, idleWait, oneLook, toggleState, verifyRouting, type RoutingLook } from './platform.ts';
import { conclude, decide, park } from './settle.ts';
import { backoffMs, throttledMs } from './write-decision.ts';

const NEVER = (): boolean => false;

/**
 * Brings routing to what the directory shows: toggles an agent who is available, waits for the asynchronous
 * propagation of one who is not, and judges each request by its own skills. What is written is always brought to an
 * end, cancelled or not.
 */
export async function bringInStep(run: AgentRun, batch: Batch, state: IdleState): Promise<void> {
  const writtenAt = batch.writtenAt ?? Date.now();
  let available = state === 'AVAILABLE';
  let setbacks = 0;
  let setbackSince: number | undefined;
  let look: RoutingLook | undefined;
  let contacts = 0;
  let idleBy: number | undefined;
  for (;;) {
    let busy = false;
    while (available && batch.togglesLeft > 0) {
      run.enter('Toggling');
      const toggle = await toggleState(run, 'toggle', batch.policy);
      run.sawAgent(stateAfter(toggle));
      if (toggle.kind !== 'not-taken') countToggle(batch);
      if (toggle.kind === 'not-restored') return parkNotRestored(run, batch, notRestored(toggle));
      if (toggle.kind === 'not-taken') {
        busy = toggle.because === 'busy';
        setbackSince ??= Date.now();
        if (toggle.because !== 'unavailable' || isOver(setbackSince, batch)) break;
        setbacks += 1;
        await pause(throttledMs(toggle.retryAfterMs, setbacks), 'wait before the next toggle', NEVER);
        const meanwhile = await verifyRouting(run, batch.wishes, oneLook(batch.policy));
        if (meanwhile.kind === 'in-step') return judge(run, batch, meanwhile);
        continue;
      }
      if (toggle.kind === 'left-on-break') available = false;
      look = await verify(run, batch, toMs(batch.policy.verifyWindow));
      if (look.kind !== 'not-in-step') return judge(run, batch, look);
    }
    const remainingMs = writtenAt + toMs(batch.policy.propagationWindow) - Date.now();
    if (look === undefined || remainingMs > 0) look = await verify(run, batch, Math.max(remainingMs, 1));
    if (look.kind !== 'not-in-step' || !busy || batch.togglesLeft === 0) return judge(run, batch, look);
    // Routing did not follow by itself while the agent was busy: it takes a toggle, when they are idle again.
    idleBy ??= Date.now() + toMs(batch.policy.idleLimit);
    // A platform may call an agent busy whose state says otherwise: then this would go round and round.
    if (contacts > 0) await pauseBetweenContacts(batch, contacts);
    contacts += 1;
    if (Date.now() >= idleBy || isCancelled(batch)) return judge(run, batch, look);
    available = (await waitUntilIdle(run, batch, idleBy - Date.now())) === 'AVAILABLE';
    // A contact takes its time: what was read before it is no reason for a toggle, nor for a case.
    if (patched('routing-is-read-after-a-contact')) {
      const meanwhile = await verifyRouting(run, batch.wishes, oneLook(batch.policy));
      if (meanwhile.kind === 'in-step') return judge(run, batch, meanwhile);
    }
    if (!available) return judge(run, batch, look);
  }
}

/** Puts back an agent whom an earlier step could not put back. Returns why that did not work, if so. */
export async function restoreAgent(run: AgentRun, policy: Policy): Promise<string | undefined> {
  run.enter('Toggling');
  const result = await toggleState(run, 'restore', policy);
  run.sawAgent(stateAfter(result));
  if (result.kind === 'not-restored') return notRestored(result);
  for (const { progress } of run.queue.open) progress.agentOut = false;
  return undefined;
}

/** Hands every request of a batch whose agent could not be put back to a person. */
export async function parkNotRestored(run: AgentRun, batch: Batch, message: string): Promise<void> {
  for (const entry of [...batch.entries]) {
    batch.remove(entry);
    entry.progress.agentOut = true;
    await park(run, entry, 'agent-not-restored', message);
  }
}

function notRestored({ status, code }: Extract<ToggleResult, { kind: 'not-restored' }>): string {
  const named = code === undefined ? '' : ` (${code})`;
  return `We took the agent out of the queue and the platform refuses to put them back: status ${status}${named}.`;
}

function stateAfter(toggle: ToggleResult): string {
  if (toggle.kind === 'not-taken') return toggle.state ?? 'AVAILABLE';
  return toggle.kind === 'toggled' || toggle.kind === 'restored' ? 'AVAILABLE' : 'NOTAVAILABLE';
}

function countToggle(batch: Batch): void {
  batch.togglesUsed += 1;
  for (const { progress } of batch.entries) progress.toggles += 1;
}

function isOver(since: number, { policy }: Batch): boolean {
  return Date.now() - since >= toMs(policy.outageLimit);
}

/** Looks until routing is in step or the time is over. An outage of the platform does not count as out of step. */
async function verify(run: AgentRun, batch: Batch, limitMs: number): Promise<RoutingLook> {
  run.enter('Verifying', 'routing');
  const patience = { policy: batch.policy, interrupted: NEVER };
  const look = await verifyRouting(run, batch.wishes, { ...patience, limitMs });
  if (look.kind !== 'unavailable') return look;
  run.enter('Verifying', 'platform');
  const read = await verifyRouting(run, [], { ...patience, limitMs: toMs(batch.policy.outageLimit) });
  if (read.kind !== 'in-step') return read;
  return shows(read.routing, batch.wishes) ? read : { kind: 'not-in-step', routing: read.routing };
}

function isCancelled({ entries }: Batch): boolean {
  return entries.every(({ cancel }) => cancel !== undefined);
}

async function pauseBetweenContacts(batch: Batch, contacts: number): Promise<void> {
  const ms = Math.max(toMs(batch.policy.idleInterval), backoffMs(contacts));
  await pause(ms, 'wait before the next toggle', () => isCancelled(batch));
}

async function waitUntilIdle(run: AgentRun, batch: Batch, limitMs: number): Promise<IdleState | undefined> {
  const read = await awaitIdleState(run, {
    policy: batch.policy,
    limitMs,
    interrupted: () => isCancelled(batch),
    onWait: (failure) => {
      run.enter('AwaitingIdle', idleWait(failure));
      publish(run);
    },
  });
  return read.kind === 'read' ? read.value : undefined;
}

/** Each request by its own skills: those in step are done, the others wait for a person. */
async function judge(run: AgentRun, batch: Batch, look: RoutingLook): Promise<void> {
  const routing = 'routing' in look ? look.routing : undefined;
  for (const entry of [...batch.entries]) {
    batch.remove(entry);
    if (routing !== undefined) entry.progress.routing = routing;
    if (routing !== undefined && shows(routing, wishesOf(entry))) conclude(entry);
    else await leaveOutOfStep(run, batch, entry, look);
  }
}

async function leaveOutOfStep(run: AgentRun, batch: Batch, entry: OpenRequest, look: RoutingLook): Promise<void> {
  const [reason, message] = ((): [Parameters<typeof park>[2], string] => {
    if (look.kind === 'refused') return ['platform-refused', look.problem.message];
    if (look.kind === 'unavailable') {
      return ['platform-unavailable', `Routing could not be read for ${batch.policy.outageLimit}.`];
    }
    return ['routing-not-synchronised', outOfStep(batch, wishesOf(entry))];
  })();
  if (entry.cancel === undefined) await park(run, entry, reason, message);
  else decide(entry, 'cancelled', { code: reason, message });
}

function outOfStep(batch: Batch, wishes: readonly SkillLevel[]): string {
  const skills = wishes.map(({ skillId }) => skillId).join(', ');
  const tries = batch.togglesUsed === 1 ? '1 toggle' : `${batch.togglesUsed} toggles`;
  return `The directory shows the change, routing does not: ${skills}, after ${tries} and ${batch.policy.propagationWindow}.`;
}
