import {
  auditOutcomeOf,
  auditRecord,
  type AuditEventStatus,
  type AuditRecord,
  type RequestAuditData,
} from '../../domain/audit-record.ts';
import type { OutcomeStatus, Problem } from '../../domain/outcome.ts';

const SKILLS = [
  ['sk-2002', 'Billing'],
  ['sk-1001', 'Spanish'],
  ['sk-2003', 'Retention'],
  ['sk-3001', 'Video chat'],
] as const;
const REQUESTERS = ['j.doe', 'k.lindqvist', 'wfm-batch', 'm.okafor'] as const;
const REASONS = ['peak hours', 'moved to chat', 'training finished', 'campaign Black Friday'] as const;

/** A request, from whose records a month is made. */
export interface StoryRequest {
  index: number;
  /** When it ends; ISO 8601. */
  time: string;
  status: OutcomeStatus;
  problem?: Problem;
}

/**
 * The records of a made-up November 2026 of the tenant `acme`, always the same: some hundred requests, three that waited
 * for a person of which one still does, refusals, log-ins that failed, and an intent without an outcome.
 */
export function auditMonth(): AuditRecord[] {
  const records: AuditRecord[] = [];
  for (let day = 1; day <= 29; day += 1) {
    const weekday = new Date(Date.UTC(2026, 10, day)).getUTCDay();
    const many = weekday === 0 || weekday === 6 ? 3 : 9 + ((day * 7) % 11);
    for (let n = 0; n < many; n += 1) {
      const index = day * 100 + n;
      const time = new Date(Date.UTC(2026, 10, day, 7 + (index % 11), (index * 17) % 60, (index * 29) % 60, 412));
      records.push(...requestRecords({ index, time: time.toISOString(), ...endOf(index) }));
    }
  }
  records.push(...waitingCases(), ...accessTroubles(), ...forgottenIntent());
  return records.sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
}

function endOf(index: number): { status: OutcomeStatus; problem?: Problem } {
  if (index % 41 === 0) {
    return { status: 'rejected', problem: { code: 'unknown-skill', message: 'There is no skill named "Biling".' } };
  }
  if (index % 67 === 0) return { status: 'cancelled' };
  return { status: index % 9 === 0 ? 'unchanged' : 'provisioned' };
}

/** The intent, where something is written, and the outcome of a request. */
export function requestRecords({ index, time, status, problem }: StoryRequest): AuditRecord[] {
  const writes = status === 'provisioned';
  const data = requestData(index);
  const [skill] = data.changes;
  const level = skill?.targetLevel ?? 0;
  const before = index % 3 === 0 ? [] : [{ skillId: skill?.skillId ?? '', level: 1 }];
  const after = level === 0 ? [] : [{ skillId: skill?.skillId ?? '', level }];
  const end = request(data, `outcome`, time, {
    stage: 'outcome',
    outcome: auditOutcomeOf(status, writes),
    status,
    ...(status === 'rejected' ? {} : { before: writes ? before : after, after }),
    ...(problem === undefined ? {} : { problem }),
    ...(status === 'cancelled' ? { operator: 'k.lindqvist', note: 'wrong agent' } : {}),
  });
  if (!writes) return [end];
  const intended = new Date(Date.parse(time) - 2_400).toISOString();
  return [request(data, 'intent/1', intended, { stage: 'intent', outcome: 'unknown', before }), end];
}

type Base = Omit<RequestAuditData, 'stage' | 'outcome'>;

function requestData(index: number): Base {
  const [skillId, name] = SKILLS[(index * 7) % SKILLS.length] ?? ['', ''];
  const isRemoval = index % 8 === 5;
  const level = isRemoval ? 0 : 2 + (index % 4);
  const requestedBy = REQUESTERS[(index * 3 + (index % 7)) % REQUESTERS.length] ?? '';
  const agentId = `agent-${100 + ((index * 13) % 64)}`;
  return {
    actor: requestedBy,
    requestId: `req-${index}`,
    requestedBy,
    reason: REASONS[index % REASONS.length] ?? '',
    ...(index % 4 === 0 ? { ticket: `OPS-${index}` } : {}),
    tenantId: 'acme',
    agentId,
    changes: [{ action: isRemoval ? 'remove' : 'assign', skillId, name, requestedLevel: level, targetLevel: level }],
    origin: { workflowId: `provision-skill/acme/${agentId}`, runId: `run-${index}`, attempt: 1, host: 'host-a' },
  };
}

function request(
  base: Base,
  what: string,
  time: string,
  data: Pick<RequestAuditData, 'stage' | 'outcome'> & Partial<RequestAuditData>,
): AuditRecord {
  return auditRecord(`acme/${base.agentId}/${base.requestId}/0/${what}`, base.agentId, time, { ...base, ...data });
}

function waitingCases(): AuditRecord[] {
  return [
    ...waitingCase({
      index: 5901,
      since: '2026-11-05T10:14:03.120Z',
      problem: {
        code: 'routing-not-synchronised',
        message: 'The directory shows the change, routing does not: sk-1001, after 3 toggles and 60s.',
      },
      decided: { time: '2026-11-05T11:02:40.003Z', action: 'reconcile-retry', note: 'routing repaired' },
      end: { time: '2026-11-05T11:03:01.700Z', status: 'provisioned' },
    }),
    ...waitingCase({
      index: 5902,
      since: '2026-11-17T14:41:22.008Z',
      problem: { code: 'lock-timeout', message: 'Workforce management has locked the agent for more than 150s.' },
      decided: { time: '2026-11-18T07:30:11.950Z', action: 'reconcile-abandon', note: 'shift was moved, asked again' },
      end: { time: '2026-11-18T07:30:12.300Z', status: 'abandoned' },
    }),
    ...waitingCase({
      index: 5903,
      since: '2026-11-27T16:09:55.500Z',
      problem: { code: 'conflict-limit', message: 'Somebody else changed the agent five times in a row.' },
    }),
  ];
}

interface Waiting {
  index: number;
  since: string;
  problem: Problem;
  decided?: { time: string; action: AuditEventStatus; note: string };
  end?: { time: string; status: OutcomeStatus };
}

/** The records of a request that waited for a person, and what became of it. */
export function waitingCase({ index, since, problem, decided, end }: Waiting): AuditRecord[] {
  const base = requestData(index);
  const intended = new Date(Date.parse(since) - 75_000).toISOString();
  const parked = request(base, `parked/${since}`, since, {
    stage: 'event',
    outcome: 'unknown',
    status: 'parked',
    problem,
  });
  const records = [request(base, 'intent/1', intended, { stage: 'intent', outcome: 'unknown', before: [] }), parked];
  if (decided !== undefined) {
    const { time, action, note } = decided;
    const operator = 'm.okafor';
    const data = { stage: 'event', outcome: 'success', status: action, actor: operator, operator, note } as const;
    records.push(request(base, `event/${time}`, time, data));
  }
  if (end !== undefined) {
    const { time, status } = end;
    const outcome = auditOutcomeOf(status, true);
    records.push(request(base, 'outcome', time, { stage: 'outcome', outcome, status, before: [], after: [] }));
    const operator = decided === undefined ? {} : { actor: 'm.okafor', operator: 'm.okafor', note: decided.note };
    const closing = { stage: 'event', outcome, status: 'reconciled', closes: parked.id, ...operator } as const;
    records.push(request(base, 'reconciled', time, closing));
  }
  return records;
}

function accessTroubles(): AuditRecord[] {
  const origin = { host: 'host-b', instance: 'host-b-4121-77ab01c9' };
  const facts = { stage: 'event', outcome: 'failure', actor: origin.instance, tenantId: 'acme', origin } as const;
  return [
    auditRecord('acme/host-b/login/1', 'acme', '2026-11-12T05:00:01.000Z', {
      ...facts,
      status: 'login-failed',
      problem: { code: 'login-failed', message: 'POST /oauth/token: 401' },
    }),
    auditRecord('acme/host-b/scope/2', 'acme', '2026-11-12T05:20:44.000Z', {
      ...facts,
      status: 'scope-missing',
      problem: { code: 'scope-missing', message: 'The token lacks supervisor:control.' },
    }),
  ];
}

function forgottenIntent(): AuditRecord[] {
  return [
    request(requestData(5904), 'intent/1', '2026-11-28T09:31:07.250Z', {
      stage: 'intent',
      outcome: 'unknown',
      before: [],
    }),
  ];
}
