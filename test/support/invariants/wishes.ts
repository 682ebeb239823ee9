import type { AuditedChange } from '../../../domain/audit-record.ts';
import { levelOf, type SkillLevel } from '../../../domain/inventory.ts';
import type { ChangeOutcome } from '../../../domain/outcome.ts';
import type { ProvisionRequest, SkillChange } from '../../../domain/request.ts';
import type { LedgerEntry } from '../../../simulator/index.ts';
import { CLOCK_SLACK_MS, wishesOf, type AgentEvidence } from './evidence.ts';

/** What a request asks for, by skill id, as far as its reference, its audit records or its outcome tell the id. */
export function wishesOfRequest(agent: AgentEvidence, request: ProvisionRequest): SkillLevel[] {
  const outcome = agent.outcomes.find(({ requestId }) => requestId === request.requestId);
  const told = [...recordsOf(agent, request.requestId).map(({ data }) => data.changes), outcome?.changes ?? []];
  return request.changes.flatMap((change, index) =>
    idsOf(agent, change, index, told, request.changes.length).map((skillId) => ({ skillId, level: targetOf(change) })),
  );
}

/** The level a change means: decimals are rounded half up, a removal is 0. */
export function targetOf(change: SkillChange): number {
  return change.action === 'remove' ? 0 : Math.floor(change.level + 0.5);
}

export function recordsOf(agent: AgentEvidence, requestId: string): AgentEvidence['audit'] {
  return agent.audit.filter(({ data }) => data.requestId === requestId && data.status !== 'refused');
}

/** After these a request may write what was there before. */
const UNDOING: ReadonlySet<string> = new Set([
  'reconcile-retry',
  'reconcile-accept',
  'reconcile-rollback',
  'reconcile-abandon',
  'cancel',
  'rolled-back',
  'cancelled',
]);

/** What a rollback or a cancellation of the request may write: the levels before its first write. */
export function restoringWishes(agent: AgentEvidence, request: ProvisionRequest): SkillLevel[] {
  const records = recordsOf(agent, request.requestId);
  const before = records.find(({ data }) => data.stage === 'intent')?.data.before;
  const undone = records.some(({ data: { status } }) => status !== undefined && UNDOING.has(status));
  if (before === undefined || !undone) return [];
  return wishesOfRequest(agent, request).map(({ skillId }) => ({ skillId, level: levelOf(before, skillId) }));
}

/** PATCHes made while the request was written for: after its first intent, up to its outcome, with one of its wishes. */
export function patchesOf(agent: AgentEvidence, request: ProvisionRequest): LedgerEntry[] {
  const records = recordsOf(agent, request.requestId);
  const times = (stage: string): number[] =>
    records.filter(({ data }) => data.stage === stage).map(({ time }) => Date.parse(time));
  const from = Math.min(...times('intent'), Infinity) - CLOCK_SLACK_MS;
  const to = Math.max(...times('outcome'), -Infinity);
  const end = to === -Infinity ? Infinity : to + CLOCK_SLACK_MS;
  const own = [...wishesOfRequest(agent, request), ...restoringWishes(agent, request)];
  return agent.patches.filter(
    (patch) => patch.arrivedAt >= from && patch.arrivedAt <= end && wishesOf(patch).some((wish) => includes(own, wish)),
  );
}

export function includes(wishes: readonly SkillLevel[], wish: SkillLevel): boolean {
  return wishes.some(({ skillId, level }) => skillId === wish.skillId && level === wish.level);
}

function idsOf(
  { catalogue }: AgentEvidence,
  { skill }: SkillChange,
  index: number,
  told: readonly (readonly (AuditedChange | ChangeOutcome)[])[],
  length: number,
): string[] {
  if ('skillId' in skill) return [skill.skillId];
  if (catalogue !== undefined) {
    const meant = catalogue.filter(
      ({ name, skillGroup }) =>
        name === skill.name.trim() && (skill.skillGroup === undefined || skillGroup === skill.skillGroup),
    );
    // A name that means nothing, or several skills, is no wish for any.
    return meant.length === 1 ? meant.map(({ skillId }) => skillId) : [];
  }
  const ids = told.flatMap((changes) => {
    const named = changes.filter(({ name }) => name?.trim() === skill.name.trim());
    // Two wishes can share a name and differ by group: then only the order tells them apart.
    const change = changes.length === length ? changes[index] : named.length === 1 ? named[0] : undefined;
    return change?.skillId === undefined ? [] : [change.skillId];
  });
  return [...new Set(ids)];
}
