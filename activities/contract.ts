import type { AuditRecord } from '../domain/audit-record.ts';
import type { SkillLevel } from '../domain/inventory.ts';
import type { Problem } from '../domain/outcome.ts';
import type { DurationString, Policy } from '../domain/policy.ts';
import type { ProvisionRequest, SkillChange } from '../domain/request.ts';

/** What every activity that talks to the platform needs to know. */
export interface AgentCall {
  tenantId: string;
  agentId: string;
  /** The time one HTTP request may take, in milliseconds. */
  requestTimeoutMs: number;
}

/** What keeps a transition away from shift boundaries. */
export interface ShiftLimits {
  /** The policy's; runs from before there was one have none, and get the default. */
  shiftMargin?: DurationString | undefined;
}

/** Whether a request may go on, and with which policy. */
export type RequestCheck =
  { requestId: string; ok: true; policy: Policy } | { requestId: string; ok: false; problem: Problem };

/** A wish whose skill is known and whose level that skill allows. */
export interface ResolvedChange {
  skillId: string;
  name?: string;
  /** After rounding; 0 = removal. */
  targetLevel: number;
  /** The skill can't be assigned any more; it can be removed from an agent who still has it. */
  retired?: 'inactive' | 'gone';
  /** How long ago the platform was asked, in milliseconds. */
  ageMs: number;
}

/** `asked` is the change it answers. */
export type SkillResolution = (({ ok: true } & ResolvedChange) | { ok: false; problem: Problem }) & {
  asked?: SkillChange;
};

/** An agent as the directory shows it. */
export interface AgentReading {
  skills: (SkillLevel & { name?: string })[];
  etag: string;
}

/** The states in which skills may be changed. */
export type IdleState = 'AVAILABLE' | 'NOTAVAILABLE';

export interface PatchCommand extends AgentCall {
  /** Level 0 removes the skill. */
  wishes: SkillLevel[];
  /** ETag of the reading this PATCH is made for. */
  etag: string;
  idempotencyKey: string;
}

/** Every answer the platform can give to a PATCH of skills; what follows is the workflow's decision. */
export type PatchAnswer =
  /** 200 with a readable body: the directory as it is now. */
  | { kind: 'answered'; skills: SkillLevel[]; etag?: string }
  /** 412 */
  | { kind: 'stale' }
  /** 409, or a 422 that does not say the request itself is wrong. */
  | { kind: 'locked'; status: number }
  /** 429; nothing was applied. `unsent`: it was not the PATCH that got it, which never left. */
  | { kind: 'rate-limited'; retryAfterMs?: number; unsent?: true }
  /** Timeout, reset, 5xx, an unreadable 200, no token: it may have been applied or not. */
  | { kind: 'lost' }
  /** 400, or a 422 `validation_failed`: this request itself is wrong. */
  | { kind: 'invalid'; status: number; code?: string }
  /** 401 after a token refresh, 403, 404, any other 4xx; or a configuration in which nothing can be sent (status 0). */
  | { kind: 'refused'; status: number; code?: string };

export interface ToggleCommand extends AgentCall, ShiftLimits {
  gapMs: number;
  /** `toggle` takes the agent out and puts them back; `restore` only puts back. */
  mode: 'toggle' | 'restore';
}

export type ToggleResult =
  /** Out and back, by one attempt. */
  | { kind: 'toggled'; outOfQueueMs: number }
  /** A later attempt put the agent back, or found them back. The agent may have been out. */
  | { kind: 'restored' }
  /** NOTAVAILABLE was not sent, or was refused: the agent was not taken out. */
  | {
      kind: 'not-taken';
      because: 'busy' | 'on-break' | 'refused' | 'unavailable';
      state?: string;
      retryAfterMs?: number;
    }
  /** The agent is on a break that is not ours; they were left alone. */
  | { kind: 'left-on-break'; reason?: string }
  /** A final refusal: the agent is out and we can't put them back. */
  | { kind: 'not-restored'; status: number; code?: string };

/**
 * The side effects of provisioning. Reads throw a failure of `FAILURE` that says whether a retry makes sense;
 * a 429 or a wait carries its own delay. Writes return what happened.
 */
export interface ProvisioningActivities {
  /** Validates requests in full and settles the policy: defaults, then the worker's, then the request's. */
  checkRequests(input: { requests: ProvisionRequest[] }): Promise<RequestCheck[]>;
  /** Turns references into active skill ids (cached for at most 60 s) and checks each level. Same order as asked. */
  resolveSkill(input: AgentCall & { changes: SkillChange[] }): Promise<SkillResolution[]>;
  /** Reads the inventory and its ETag. */
  fetchAgent(input: AgentCall): Promise<AgentReading>;
  /**
   * Looks once; `FAILURE.notIdle` if the agent is busy, with `intervalMs` as the delay of the retry. The same with
   * `FAILURE.shiftBoundary` near a shift boundary, and with `FAILURE.shiftFeedStale` if work waits for the schedule.
   */
  awaitIdleState(input: AgentCall & ShiftLimits & { intervalMs: number }): Promise<IdleState>;
  /** Sends one PATCH, once. */
  patchSkills(input: PatchCommand): Promise<PatchAnswer>;
  /** Takes the agent out of the queue at most once and never leaves them there. */
  toggleState(input: ToggleCommand): Promise<ToggleResult>;
  /** Looks once at what routing uses; `FAILURE.notInStep` if it does not show the wishes, retried at `intervalMs`. */
  verifyRouting(input: AgentCall & { wishes: SkillLevel[]; intervalMs: number }): Promise<SkillLevel[]>;
  /** Appends records to the audit trail. `again`: they may be there already, and are then not written again. */
  recordAudit(input: { records: AuditRecord[]; again: boolean }): Promise<void>;
}
