import ms from 'ms';
import type { AuditRecord, RequestAuditData } from '../../../domain/audit-record.ts';
import { levelOf, type SkillLevel } from '../../../domain/inventory.ts';
import type { RequestOutcome } from '../../../domain/outcome.ts';
import { DEFAULT_POLICY, type Policy, type PolicyOverrides } from '../../../domain/policy.ts';
import type { ProvisionRequest } from '../../../domain/request.ts';
import type { InitialInventory, LedgerEntry, SkillSeed } from '../../../simulator/index.ts';

/** What a run has left behind. */
export interface InvariantInput {
  ledger: readonly LedgerEntry[];
  audit: readonly AuditRecord[];
  outcomes: readonly RequestOutcome[];
  requests: readonly ProvisionRequest[];
  /** As the workers had it, so already as fast as the test is. Overrides of single requests are taken from them. */
  policy: PolicyOverrides;
  initialInventories: readonly InitialInventory[];
  /** What the names of skills mean, where that does not change; else it is taken from what the product says. */
  catalogue?: readonly SkillSeed[];
  /** The simulator's: it scales the platform's 500 ms. */
  timeScale: number;
  /** Requests that wait for a person, by id, when the run was looked at. */
  parked?: readonly { requestId: string; reason?: string }[];
  /** Strings that no audit record may hold. */
  secrets?: readonly string[];
  /** PATCHes whose answer never got from the worker to the workflow, as the histories have it. */
  unheard?: readonly UnheardPatch[];
}

/** Who was sent to PATCH with which key, and never reported back. */
export interface UnheardPatch {
  idempotencyKey: string;
  /** The worker's process. */
  pid: number;
}

/** One agent's part of it. */
export interface AgentEvidence {
  name: string;
  tenantId: string;
  agentId: string;
  /** In order of arrival. */
  entries: LedgerEntry[];
  /** Those that met the state, in that order. */
  ordered: LedgerEntry[];
  /** PATCHes of skills by clients, in order of arrival. */
  patches: LedgerEntry[];
  initial: SkillLevel[] | undefined;
  /** What is about requests, without repeated ids. */
  audit: AuditRecord<RequestAuditData>[];
  requests: ProvisionRequest[];
  outcomes: RequestOutcome[];
  policy: Policy;
  catalogue: readonly SkillSeed[] | undefined;
}

/** Everything a single invariant looks at. */
export interface Evidence extends InvariantInput {
  agents: AgentEvidence[];
  /** Calls of clients by process (User-Agent) and tenant. */
  processes: { name: string; entries: LedgerEntry[] }[];
}

/** How one invariant came out. */
export interface Verdict {
  /** How many cases put it to the test. */
  cases: number;
  violations: string[];
  /** Breaches of a kind that is known and accepted. */
  knownLimits?: number;
}

export function gather(input: InvariantInput): Evidence {
  const unique = [...new Map(input.audit.map((record) => [record.id, record])).values()];
  const agents = new Map<string, LedgerEntry[]>();
  const processes = new Map<string, LedgerEntry[]>();
  for (const entry of [...input.ledger].sort((a, b) => a.seq - b.seq)) {
    if (entry.tenantId === undefined) continue;
    if (entry.agentId !== undefined) push(agents, `${entry.tenantId}/${entry.agentId}`, entry);
    if (entry.actor === 'client') push(processes, `${entry.userAgent ?? 'nobody'} for ${entry.tenantId}`, entry);
  }
  for (const { tenantId, agentId } of input.requests) {
    const name = `${tenantId}/${agentId}`;
    if (!agents.has(name)) agents.set(name, []);
  }
  return {
    ...input,
    agents: [...agents].map(([name, entries]) => agentEvidence(input, unique, name, entries)),
    processes: [...processes].map(([name, entries]) => ({ name, entries })),
  };
}

function agentEvidence(
  input: InvariantInput,
  records: readonly AuditRecord[],
  name: string,
  entries: LedgerEntry[],
): AgentEvidence {
  const [tenantId = '', agentId = ''] = name.split('/');
  const ours = (subject: { tenantId: string; agentId: string }): boolean =>
    subject.tenantId === tenantId && subject.agentId === agentId;
  const requests = [...new Map(input.requests.filter(ours).map((request) => [request.requestId, request])).values()];
  return {
    name,
    tenantId,
    agentId,
    entries,
    ordered: entries.filter(({ order }) => order !== undefined).sort((a, b) => orderOf(a) - orderOf(b)),
    patches: entries.filter(({ operation }) => operation === 'patchAgent'),
    initial: input.initialInventories.find(ours)?.skills,
    audit: records.filter(isAboutRequest).filter(({ data }) => ours(data)),
    requests,
    outcomes: input.outcomes.filter(({ requestId }) => requests.some((request) => request.requestId === requestId)),
    policy: strictest(input.policy, requests),
    catalogue: input.catalogue,
  };
}

function isAboutRequest(record: AuditRecord): record is AuditRecord<RequestAuditData> {
  return record.data.changes !== undefined;
}

/** With several requests the shortest wait and the smallest limit: nobody may be held to more than was asked. */
function strictest(base: PolicyOverrides, requests: readonly ProvisionRequest[]): Policy {
  const policy: Record<string, unknown> = { ...DEFAULT_POLICY, ...base };
  for (const overrides of requests.map((request) => request.policy ?? {})) {
    for (const [name, value] of Object.entries(overrides)) {
      if (value !== undefined && magnitude(value) < magnitude(policy[name])) policy[name] = value;
    }
  }
  return policy as unknown as Policy;
}

function magnitude(value: unknown): number {
  return typeof value === 'number' ? value : ms(value as ms.StringValue);
}

function push(map: Map<string, LedgerEntry[]>, name: string, entry: LedgerEntry): void {
  const list = map.get(name);
  if (list === undefined) map.set(name, [entry]);
  else list.push(entry);
}

/** PATCHes by idempotency key, each in order of arrival; those without a key are left out. */
export function byKey(patches: readonly LedgerEntry[]): Map<string, LedgerEntry[]> {
  const keys = new Map<string, LedgerEntry[]>();
  for (const patch of patches) if (patch.idempotencyKey !== undefined) push(keys, patch.idempotencyKey, patch);
  return keys;
}

/** The sum of several verdicts. */
export function total(verdicts: readonly Verdict[]): Verdict {
  const knownLimits = verdicts.reduce((sum, verdict) => sum + (verdict.knownLimits ?? 0), 0);
  return {
    cases: verdicts.reduce((sum, { cases }) => sum + cases, 0),
    violations: verdicts.flatMap(({ violations }) => violations),
    ...(knownLimits === 0 ? {} : { knownLimits }),
  };
}

export function orderOf(entry: LedgerEntry): number {
  return entry.order ?? Infinity;
}

/** Epoch milliseconds at which an entry met the state. */
export function effectTime(entry: LedgerEntry): number {
  return entry.arrivedAt + ((entry.processedMono ?? entry.arrivedMono) - entry.arrivedMono);
}

/** When the caller had its answer or had given up. */
export function endOf(entry: LedgerEntry): number {
  return Math.min(entry.answeredMono ?? Infinity, entry.abandonedMono ?? Infinity);
}

/** A read whose own, sound answer reached its caller. */
export function isReading(entry: LedgerEntry, operation: LedgerEntry['operation']): boolean {
  return entry.operation === operation && entry.delivered && entry.status === 200 && entry.madeUp !== true;
}

/** The last reading that was over when `entry` arrived. */
export function lastReading(
  agent: AgentEvidence,
  operation: LedgerEntry['operation'],
  entry: LedgerEntry,
): LedgerEntry | undefined {
  return agent.ordered.findLast((read) => isReading(read, operation) && endOf(read) <= entry.arrivedMono);
}

/** The skills a PATCH asked for; none if its body is malformed. */
export function wishesOf(entry: LedgerEntry): SkillLevel[] {
  const skills = (entry.body as { skills?: unknown } | undefined)?.skills;
  if (!Array.isArray(skills)) return [];
  return (skills as unknown[]).filter(isSkillLevel).map(({ skillId, level }) => ({ skillId, level }));
}

function isSkillLevel(value: unknown): value is SkillLevel {
  const { skillId, level } = (value ?? {}) as Partial<SkillLevel>;
  return typeof skillId === 'string' && typeof level === 'number';
}

export function sameInventory(a: readonly SkillLevel[], b: readonly SkillLevel[]): boolean {
  return a.length === b.length && a.every(({ skillId, level }) => levelOf(b, skillId) === level);
}

export function sharesWish(a: LedgerEntry, b: LedgerEntry): boolean {
  const wishes = wishesOf(b);
  return wishesOf(a).some((wish) =>
    wishes.some(({ skillId, level }) => wish.skillId === skillId && wish.level === level),
  );
}

/** It took effect: carried out, and not the repeat of a first answer. */
export function tookEffect(entry: LedgerEntry): boolean {
  return entry.applied && !entry.replayed;
}

/** The caller can't know whether it was carried out. Of a refusal the status says enough, whatever its body is like. */
export function isLost({ status, delivered, abandonedMono }: LedgerEntry): boolean {
  if (status === undefined || status >= 500) return true;
  return !delivered && (status < 400 || abandonedMono !== undefined);
}

/**
 * The answer reached a caller who still waited for it and could tell: who is killed with it, stopped for too long or cut
 * off from Temporal has heard nothing.
 */
export function wasHeard(
  entry: LedgerEntry,
  { policy }: AgentEvidence,
  { processes, unheard = [] }: Evidence,
): boolean {
  const wasLostOnTheWay = unheard.some(
    ({ idempotencyKey, pid }) => idempotencyKey === entry.idempotencyKey && entry.userAgent?.includes(`-${pid}-`),
  );
  if (wasLostOnTheWay) return false;
  // With a spoilt body the end is not known; the status was heard at once.
  const end = Number.isFinite(endOf(entry)) ? endOf(entry) : (entry.processedMono ?? entry.arrivedMono);
  const inTime = end - entry.arrivedMono < ms(policy.requestTimeout);
  const livedOn = processes.some(({ entries }) =>
    entries.some((later) => later.userAgent === entry.userAgent && later.arrivedMono > end),
  );
  return (entry.delivered || !isLost(entry)) && inTime && livedOn;
}

/** A refusal by workforce management's lock, as the caller saw it. */
export function isLockRefusal(entry: LedgerEntry): boolean {
  if (!entry.delivered) return false;
  return entry.status === 409 || (entry.status === 422 && entry.errorCode !== 'validation_failed');
}

/** Whether a person acted on the agent between two moments (epoch milliseconds). */
export function personActed(agent: AgentEvidence, from: number, to: number): boolean {
  return agent.audit.some((record) => {
    const at = Date.parse(record.time);
    return isOrder(record) && at >= from - CLOCK_SLACK_MS && at <= to;
  });
}

/** A person's order that applied to something; what the run itself notes about a request is none. */
export function isOrder({ data: { stage, status, problem } }: AgentEvidence['audit'][number]): boolean {
  const isOne = status === 'cancel' || status?.startsWith('reconcile-') === true;
  return stage === 'event' && isOne && problem === undefined;
}

/** Clocks of one machine, read by different processes and rounded to milliseconds. */
export const CLOCK_SLACK_MS = 5;

/** `#12` */
export function ref(entry: LedgerEntry): string {
  return `#${entry.seq}`;
}
