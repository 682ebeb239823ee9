import type { AuditedChange, AuditRecord, RequestAuditData } from '../../../domain/audit-record.ts';
import type { LedgerEntry } from '../../../simulator/index.ts';
import {
  byKey,
  CLOCK_SLACK_MS,
  isReading,
  orderOf,
  ref,
  sameInventory,
  tookEffect,
  total,
  wishesOf,
  type AgentEvidence,
  type Evidence,
  type Verdict,
} from './evidence.ts';
import { patchesOf, recordsOf } from './wishes.ts';

const TOKEN_LIKE = /Bearer\s|eyJ[\w-]{8,}\.[\w-]{8,}\./;

/**
 * I13: an intent before each write, one outcome for each ended request after its intents, inventories as the ledger has
 * them, what was unknown closed by the request's end, and no secret.
 */
export function auditTrail(evidence: Evidence): Verdict {
  return total([
    ...evidence.agents.flatMap((agent) => [intents(agent), outcomes(agent), unknowns(agent)]),
    secrets(evidence),
  ]);
}

/** An attempt is a key: its repeat with the same bytes needs no second intent, an attempt of its own does. */
function intents(agent: AgentEvidence): Verdict {
  const firsts = new Set([...byKey(agent.patches).values()].map(([first]) => first));
  const attempts = agent.patches.filter((patch) => patch.idempotencyKey === undefined || firsts.has(patch));
  const violations = attempts.flatMap((patch, index) =>
    wishesOf(patch).flatMap((wish) => {
      const same = (change: { skillId?: string }): boolean => change.skillId === wish.skillId;
      const previous = attempts.slice(0, index).findLast((earlier) => wishesOf(earlier).some(same));
      const intent = agent.audit.findLast(
        ({ time, data }) =>
          data.stage === 'intent' &&
          Date.parse(time) <= patch.arrivedAt + CLOCK_SLACK_MS &&
          Date.parse(time) >= (previous?.arrivedAt ?? 0) - CLOCK_SLACK_MS &&
          data.changes.some((change) => same(change) && levelOfChange(change) === wish.level),
      );
      if (intent !== undefined) return wrongBefore(agent, intent, patch);
      return [`${agent.name}: ${ref(patch)} wrote ${wish.skillId} without an intent of its own`];
    }),
  );
  return { cases: attempts.length, violations: [...new Set(violations)] };
}

function levelOfChange({ action, targetLevel, requestedLevel }: AuditedChange): number {
  return action === 'remove' ? 0 : (targetLevel ?? requestedLevel);
}

function wrongBefore(agent: AgentEvidence, { id, data }: AuditRecord<RequestAuditData>, patch: LedgerEntry): string[] {
  const read = agent.ordered.find((entry) => isReading(entry, 'getAgent') && entry.etag === patch.ifMatch);
  if (read === undefined || sameInventory(data.before ?? [], read.after?.skills ?? [])) return [];
  return [`${agent.name}: the inventory in ${id} is not the one ${ref(patch)} was made for (${ref(read)})`];
}

function outcomes(agent: AgentEvidence): Verdict {
  const violations = agent.requests.flatMap((request) => {
    const { requestId } = request;
    const records = recordsOf(agent, requestId);
    const ends = records.filter(({ data }) => data.stage === 'outcome');
    const outcome = agent.outcomes.find((end) => end.requestId === requestId);
    if (ends.length > 1) return [`${requestId} has ${ends.length} outcomes in the trail`];
    const [end] = ends;
    if (end === undefined) return outcome === undefined ? [] : [`${requestId} ended without an outcome in the trail`];
    const late = records.find(({ time, data }) => data.stage === 'intent' && Date.parse(time) > Date.parse(end.time));
    return [
      ...(late === undefined ? [] : [`${requestId} has the intent ${late.id} after its outcome`]),
      ...(outcome === undefined || end.data.status === outcome.status
        ? []
        : [`${requestId} ended ${outcome.status}, the trail says ${end.data.status}`]),
      ...wrongAfter(agent, end, patchesOf(agent, request)),
    ];
  });
  return { cases: 0, violations: violations.map((violation) => `${agent.name}: ${violation}`) };
}

/** Each `parked` of a request that has ended is closed once, with how it ended; nothing else is. */
function unknowns(agent: AgentEvidence): Verdict {
  const closings = agent.audit.filter(({ data }) => data.closes !== undefined);
  const violations = agent.audit.flatMap(({ id, data }) => {
    if (data.status !== 'parked') return [];
    const end = recordsOf(agent, data.requestId).find((record) => record.data.stage === 'outcome');
    const closing = closings.filter((record) => record.data.closes === id);
    if (closing.length !== (end === undefined ? 0 : 1)) return [`${id} is closed ${closing.length} times`];
    const isWrong = closing.some((record) => record.data.outcome !== end?.data.outcome);
    return isWrong ? [`${id} is closed with another outcome than ${end?.id}`] : [];
  });
  const strays = closings.filter(({ data }) => !agent.audit.some(({ id }) => id === data.closes));
  return {
    cases: 0,
    violations: [...violations, ...strays.map(({ id }) => `${id} closes nothing`)].map(
      (text) => `${agent.name}: ${text}`,
    ),
  };
}

/** The inventory of an outcome must have been seen at or after the request's last write. */
function wrongAfter(
  agent: AgentEvidence,
  { id, data }: AuditRecord<RequestAuditData>,
  patches: readonly LedgerEntry[],
): string[] {
  const { after } = data;
  if (after === undefined) return [];
  const since = Math.max(0, ...patches.filter(tookEffect).map(orderOf));
  const seen = agent.ordered.some(
    (entry) =>
      orderOf(entry) >= since &&
      (isReading(entry, 'getAgent') || isReading(entry, 'patchAgent')) &&
      sameInventory(entry.after?.skills ?? [], after),
  );
  return seen ? [] : [`the inventory after it in ${id} was never answered since its last write`];
}

function secrets({ audit, secrets: forbidden = [] }: Evidence): Verdict {
  const violations = audit
    .filter((record) => {
      const text = JSON.stringify(record);
      return TOKEN_LIKE.test(text) || forbidden.some((secret) => text.includes(secret));
    })
    .map(({ id }) => `the record ${id} holds a secret`);
  return { cases: 0, violations };
}
