import type { LedgerEntry } from '../simulator/index.ts';

/** When a request met the platform's state: unix milliseconds, to a millisecond. */
export function epochOf(entry: LedgerEntry): number {
  return entry.arrivedAt + ((entry.processedMono ?? entry.arrivedMono) - entry.arrivedMono);
}

/** When an agent was first in the queue and routed by a level: unix milliseconds. Throws if that never was. */
export function routableAt(entries: readonly LedgerEntry[], agentId: string, skillId: string, level: number): number {
  const found = entries.find(
    (entry) =>
      entry.agentId === agentId &&
      entry.after?.state === 'AVAILABLE' &&
      entry.after.routing.some((routed) => routed.skillId === skillId && routed.level === level),
  );
  if (found === undefined) throw new Error(`agent ${agentId} was never routed by ${skillId} at level ${level}`);
  return epochOf(found);
}

/** A time in which an agent got no contacts because of a toggle. */
export interface Absence {
  agentId: string;
  /** Unix milliseconds at which the agent was back. */
  backAt: number;
  /** From the effect of NOTAVAILABLE to the effect of AVAILABLE, in milliseconds. */
  outMs: number;
  /** What is left of it without the gap and the two calls' own time at the platform, in milliseconds. */
  overheadMs: number;
}

/** Every toggle of the ledger. @param gapMs what the platform needs between the two calls. */
export function absencesIn(entries: readonly LedgerEntry[], gapMs: number): Absence[] {
  const out = new Map<string, LedgerEntry>();
  const absences: Absence[] = [];
  for (const entry of [...entries].sort((a, b) => (a.order ?? Infinity) - (b.order ?? Infinity))) {
    const { agentId, operation, applied } = entry;
    if (operation !== 'patchState' || !applied || agentId === undefined) continue;
    const taken = out.get(agentId);
    if (entry.after?.state === 'NOTAVAILABLE') out.set(agentId, entry);
    if (entry.after?.state !== 'AVAILABLE' || taken === undefined) continue;
    out.delete(agentId);
    const outMs = (entry.processedMono ?? 0) - (taken.processedMono ?? 0);
    const answering = (taken.answeredMono ?? 0) - (taken.processedMono ?? 0);
    const calling = (entry.processedMono ?? 0) - entry.arrivedMono;
    absences.push({ agentId, backAt: epochOf(entry), outMs, overheadMs: outMs - gapMs - answering - calling });
  }
  return absences;
}
