import type { AuditData, AuditRecord } from '../../domain/audit-record.ts';
import type { AuditTrail } from '../../audit/trail.ts';
import { createCases, type ParkedCase } from './parked-cases.ts';
import { dayOf, type Month } from './month.ts';

/** How many requests ended how. */
export interface Counts {
  success: number;
  noop: number;
  failure: number;
}

/** The requests of somebody, of an agent or about a skill. */
export interface Share extends Counts {
  /** An id. */
  name: string;
  /** What people call it, where the trail knows. */
  title?: string;
  requests: number;
  /** How many agents they were about. */
  agents: number;
}

export type Refusal = Pick<AuditData, 'requestedBy' | 'agentId' | 'requestId' | 'ticket' | 'problem'> & {
  time: string;
  /** `rejected`: by a rule or the platform, with an outcome. `refused`: not even taken. */
  status: string;
};

export interface AccessTrouble {
  time: string;
  status: string;
  tenantId: string;
  actor: string;
  problem?: AuditData['problem'];
}

/** A request that had no outcome when the month was over. */
export interface OpenCase {
  agentId: string;
  requestId: string;
  requestedBy: string;
  ticket?: string;
  since: string;
  /** Whether a write was announced; else nothing was written. */
  hasIntent: boolean;
  parked?: string;
}

/** What the trail says about one month. */
export interface MonthReport {
  month: Month;
  tenantId?: string;
  /** Where it was read. */
  source: string;
  /** The moment for which "open" holds: the end of the month, or the time of reading if that is earlier. */
  asOf: string;
  records: number;
  broken: number;
  intents: number;
  requests: number;
  agents: number;
  outcomes: Counts;
  /** Ends by their names, the most frequent first. */
  statuses: { status: string; outcome: string; requests: number }[];
  /** For each day of the month: ends, and requests that began to wait for a person. */
  days: (Counts & { parked: number })[];
  requesters: Share[];
  byAgent: Share[];
  skills: Share[];
  cases: ParkedCase[];
  refusals: Refusal[];
  access: AccessTrouble[];
  open: OpenCase[];
}

/** Reads a month. Throws `AuditUnreadableError`. */
export async function makeMonthReport(
  trail: AuditTrail,
  month: Month,
  { tenantId, now = Date.now() }: { tenantId?: string; now?: number } = {},
): Promise<MonthReport> {
  const tenant = tenantId === undefined ? {} : { tenantId };
  const asOf = new Date(Math.min(now, Date.parse(month.until))).toISOString();
  const requesters = createShares();
  const byAgent = createShares();
  const skills = createShares();
  const cases = createCases();
  const statuses = new Map<string, { status: string; outcome: string; requests: number }>();
  const report: MonthReport = {
    month,
    ...tenant,
    source: trail.source,
    asOf,
    records: 0,
    broken: 0,
    intents: 0,
    requests: 0,
    agents: 0,
    outcomes: { success: 0, noop: 0, failure: 0 },
    statuses: [],
    days: month.days.map(() => ({ success: 0, noop: 0, failure: 0, parked: 0 })),
    requesters: [],
    byAgent: [],
    skills: [],
    cases: [],
    refusals: [],
    access: [],
    open: [],
  };

  for await (const record of trail.read({ ...tenant, since: month.since, until: month.until })) take(record);
  report.broken = trail.broken;
  report.statuses = [...statuses.values()].sort((a, b) => b.requests - a.requests);
  report.requesters = requesters.list();
  report.byAgent = byAgent.list();
  report.agents = report.byAgent.length;
  report.skills = skills.list();
  report.cases = await cases.list(trail);
  report.open = await openCases(trail, { ...tenant, before: asOf, asOf });
  return report;

  function take(record: AuditRecord): void {
    const { data } = record;
    report.records += 1;
    cases.take(record);
    if (data.stage === 'intent') report.intents += 1;
    if (data.stage === 'outcome') takeEnd(record);
    const day = report.days[dayOf(month, Date.parse(record.time))];
    if (data.status === 'parked' && day !== undefined) day.parked += 1;
    if (data.status === 'refused' || (data.stage === 'outcome' && data.status === 'rejected')) {
      report.refusals.push(toRefusal(record));
    }
    if (data.status === 'login-failed' || data.status === 'scope-missing') report.access.push(toAccess(record));
  }

  function takeEnd({ time, data }: AuditRecord): void {
    const outcome = toCounted(data.outcome);
    report.requests += 1;
    report.outcomes[outcome] += 1;
    const day = report.days[dayOf(month, Date.parse(time))];
    if (day !== undefined) day[outcome] += 1;
    const status = data.status ?? data.outcome;
    const known = statuses.get(status) ?? { status, outcome: data.outcome, requests: 0 };
    statuses.set(status, { ...known, requests: known.requests + 1 });
    const agent = data.agentId ?? '';
    requesters.count(data.requestedBy ?? data.actor, outcome, agent);
    byAgent.count(agent, outcome, agent);
    for (const { skillId, name } of data.changes ?? []) skills.count(skillId ?? name ?? '', outcome, agent, name);
  }
}

/** An outcome is never `unknown`; should one be, it is no success. */
function toCounted(outcome: AuditData['outcome']): keyof Counts {
  return outcome === 'unknown' ? 'failure' : outcome;
}

function toRefusal({ time, data }: AuditRecord): Refusal {
  const { requestedBy, agentId, requestId, ticket, problem, status } = data;
  return {
    time,
    status: status ?? '',
    ...(requestedBy === undefined ? {} : { requestedBy }),
    ...(agentId === undefined ? {} : { agentId }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(ticket === undefined ? {} : { ticket }),
    ...(problem === undefined ? {} : { problem }),
  };
}

function toAccess({ time, data }: AuditRecord): AccessTrouble {
  const { status = '', tenantId, actor, problem } = data;
  return { time, status, tenantId, actor, ...(problem === undefined ? {} : { problem }) };
}

async function openCases(trail: AuditTrail, query: Parameters<AuditTrail['readOpen']>[0]): Promise<OpenCase[]> {
  const found = new Map<string, OpenCase>();
  for await (const { time, data } of trail.readOpen(query)) {
    const key = JSON.stringify([data.tenantId, data.agentId, data.requestId]);
    const known = found.get(key);
    found.set(key, {
      agentId: data.agentId ?? '',
      requestId: data.requestId ?? '',
      requestedBy: data.requestedBy ?? data.actor,
      ...(data.ticket === undefined ? {} : { ticket: data.ticket }),
      since: known?.since ?? time,
      hasIntent: known?.hasIntent === true || data.stage === 'intent',
      ...(data.status === 'parked' ? { parked: data.problem?.code ?? 'parked' } : {}),
    });
  }
  return [...found.values()];
}

function createShares() {
  const shares = new Map<string, Share & { seen: Set<string> }>();
  return {
    count(name: string, outcome: keyof Counts, agent: string, title?: string): void {
      const share = shares.get(name) ?? {
        name,
        requests: 0,
        agents: 0,
        success: 0,
        noop: 0,
        failure: 0,
        seen: new Set(),
      };
      share.requests += 1;
      share[outcome] += 1;
      share.seen.add(agent);
      if (title !== undefined && title !== name) share.title = title;
      shares.set(name, share);
    },
    /** The most frequent first. */
    list: (): Share[] =>
      [...shares.values()]
        .map(({ seen, ...share }) => ({ ...share, agents: seen.size }))
        .sort((a, b) => b.requests - a.requests || (a.name < b.name ? -1 : 1)),
  };
}
