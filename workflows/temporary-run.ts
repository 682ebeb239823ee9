import { patched, workflowInfo } from '@temporalio/workflow';
import type { Problem, RequestOutcome } from '../domain/outcome.ts';
import { DEFAULT_POLICY, type Policy } from '../domain/policy.ts';
import type { TemporarySkill } from '../domain/temporary-skill.ts';
import type { RequestSettled } from './provision-skill.messages.ts';
import type {
  ExtendOrder,
  TemporaryEnd,
  TemporaryOrder,
  TemporaryState,
  TemporaryStatus,
} from './temporary-skill.messages.ts';

/** Something the audit trail has to tell, beside what the two requests leave there. */
export interface TemporaryEvent {
  outcome: 'temporary-extend' | 'temporary-end' | 'temporary-cancel' | 'temporary-overstayed' | 'refused';
  /** ISO 8601. */
  time: string;
  operator?: string;
  note?: string;
  /** Why it changed nothing. */
  problem?: Problem;
  /** Tells it from others of the same time, where several can be. */
  name?: string;
}

/** What a run hands to the next one when it continues as new. Plain data. */
export interface CarriedTemporary {
  state: TemporaryState;
  since: string;
  until: string;
  policy?: Policy;
  order?: TemporaryOrder;
  withdrawn?: true;
  parked?: TemporaryStatus['parked'];
  overstayedSince?: string;
  refusedEnds?: number;
  /** Of ended requests, by id. */
  outcomes: RequestOutcome[];
  start?: RequestOutcome;
  end?: RequestOutcome;
  events: TemporaryEvent[];
}

/** A skill's level as the start of a temporary skill found and left it. */
export interface FormerLevel {
  skillId: string;
  previousLevel: number;
  givenLevel: number;
}

/** A start that ended like this has not given the skill. Something of it may be there all the same. */
const NOT_GIVEN: readonly RequestOutcome['status'][] = ['rejected', 'failed', 'cancelled', 'rolled-back'];
/** A person closed it, whatever it had come to. */
const CLOSED: readonly RequestOutcome['status'][] = ['accepted', 'abandoned'];

/** One run for one temporary skill: where it stands, and what it was told. */
export class TemporaryRun {
  readonly workflowId = workflowInfo().workflowId;
  readonly runId = workflowInfo().runId;
  readonly temporary: TemporarySkill;
  /** The audit trail is always written by real activities here; see `AgentRun`. */
  readonly isUndisturbed = false;
  policy: Policy | undefined;
  state: TemporaryState;
  since: string;
  until: string;
  /** The end has come, as its timer says. */
  isOver = false;
  /** A person has ended or cancelled it. */
  order: TemporaryOrder | undefined;
  /** The start was cancelled, as it came too late. */
  withdrawn: boolean;
  parked: TemporaryStatus['parked'];
  overstayedSince: string | undefined;
  /** How many requests to take it back were refused. */
  refusedEnds: number;
  start: RequestOutcome | undefined;
  end: RequestOutcome | undefined;
  status: TemporaryEnd | undefined;
  problem: Problem | undefined;
  readonly events: TemporaryEvent[];
  private readonly outcomes: Map<string, RequestOutcome>;
  private lastMessageAt = -1;
  private refused = 0;

  constructor(temporary: TemporarySkill, carried?: CarriedTemporary) {
    this.temporary = temporary;
    this.state = carried?.state ?? 'Scheduled';
    this.since = carried?.since ?? now();
    this.until = carried?.until ?? temporary.until;
    this.policy = carried?.policy;
    this.order = carried?.order;
    this.withdrawn = carried?.withdrawn ?? false;
    this.parked = carried?.parked;
    this.overstayedSince = carried?.overstayedSince;
    this.refusedEnds = carried?.refusedEnds ?? 0;
    this.start = carried?.start;
    this.end = carried?.end;
    this.events = [...(carried?.events ?? [])];
    this.outcomes = new Map(carried?.outcomes.map((outcome) => [outcome.requestId, outcome]));
  }

  enter(state: TemporaryState): void {
    this.state = state;
    this.since = now();
  }

  get mustEnd(): boolean {
    return this.isOver || this.order !== undefined;
  }

  /** Whether it can still be extended, ended or cancelled. */
  get isChangeable(): boolean {
    return !this.mustEnd && (this.state === 'Scheduled' || this.state === 'Starting' || this.state === 'Active');
  }

  get isGiven(): boolean {
    const { status, changes: [change] = [] } = this.start ?? {};
    if (status === undefined || NOT_GIVEN.includes(status)) return false;
    const holds = change?.level !== undefined && change.level === change.targetLevel;
    return holds || !CLOSED.includes(status) || !patched('closed-starts-are-looked-at');
  }

  get overstayAfter(): Policy['overstayAfter'] {
    return (this.policy ?? DEFAULT_POLICY).overstayAfter;
  }

  /** What there is to take back; nothing if the start has not made a difference, or never got to a write. */
  get former(): FormerLevel | undefined {
    const [change] = this.start?.changes ?? [];
    const { skillId, previousLevel, targetLevel: givenLevel } = change ?? {};
    if (this.start?.status === 'rejected' || skillId === undefined) return undefined;
    if (previousLevel === undefined || givenLevel === undefined || previousLevel === givenLevel) return undefined;
    return { skillId, previousLevel, givenLevel };
  }

  extend({ until, by, note }: ExtendOrder): void {
    this.until = until;
    this.events.push({ outcome: 'temporary-extend', time: now(), operator: by, note: `until ${until}: ${note}` });
  }

  take(order: TemporaryOrder, outcome: 'temporary-end' | 'temporary-cancel'): void {
    this.order = order;
    this.events.push({ outcome, time: now(), operator: order.by, note: order.note });
  }

  /** Notes that an order, or the temporary skill itself, was refused. Runs of before have no such events. */
  refuse(outcome: TemporaryEvent['outcome'], problem: Problem, order?: TemporaryOrder): void {
    if (!patched('audit-events')) return;
    this.refused += 1;
    const by = order === undefined ? {} : { operator: order.by, note: order.note };
    this.events.push({ outcome, time: now(), ...by, problem, name: `refused-${this.refused}` });
  }

  /** Notes what the agent's run says of a request. */
  hear({ requestId, outcome, parked }: RequestSettled): void {
    if (outcome !== undefined) this.outcomes.set(requestId, outcome);
    this.parked = parked === undefined ? undefined : { requestId, ...parked };
  }

  outcomeOf(requestId: string): RequestOutcome | undefined {
    return this.outcomes.get(requestId);
  }

  /** Notes that an update is answered in the present workflow task; see `AgentRun`. */
  noteMessage(): void {
    this.lastMessageAt = workflowInfo().historyLength;
  }

  get answersInThisTask(): boolean {
    return this.lastMessageAt === workflowInfo().historyLength;
  }

  get isTooLong(): boolean {
    return workflowInfo().continueAsNewSuggested;
  }

  carry(): CarriedTemporary {
    const { state, since, until, policy, order, withdrawn, parked, overstayedSince, refusedEnds, start, end, events } =
      this;
    return {
      state,
      since,
      until,
      ...(policy === undefined ? {} : { policy }),
      ...(order === undefined ? {} : { order }),
      ...(withdrawn ? { withdrawn } : {}),
      ...(parked === undefined ? {} : { parked }),
      ...(overstayedSince === undefined ? {} : { overstayedSince }),
      ...(refusedEnds === 0 ? {} : { refusedEnds }),
      ...(start === undefined ? {} : { start }),
      ...(end === undefined ? {} : { end }),
      outcomes: [...this.outcomes.values()],
      events,
    };
  }
}

/** By the workflow's clock. */
export function now(): string {
  return new Date().toISOString();
}
