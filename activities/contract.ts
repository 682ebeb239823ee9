import type { AgentInventory } from '../domain/agents-page.ts';
import type { AuditRecord } from '../domain/audit-record.ts';
import type { BulkRequest } from '../domain/bulk.ts';
import type { SkillLevel } from '../domain/inventory.ts';
import type { Problem, RequestOutcome } from '../domain/outcome.ts';
import type { DurationString, Policy } from '../domain/policy.ts';
import type { ProvisionRequest, SkillChange, SkillRef } from '../domain/request.ts';
import type { SkillAnswer } from '../domain/skill-facts.ts';
import type { TemporarySkill } from '../domain/temporary-skill.ts';

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
  /**
   * 429; nothing was applied. `unsent`: it was not the PATCH that got it, which never left. `paced`: nobody was asked,
   * it is our own pace that lets it out later.
   */
  | { kind: 'rate-limited'; retryAfterMs?: number; unsent?: true; paced?: true }
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

/** What became of handing a request to its agent's run. */
export type SubmitAnswer =
  /** The run has it. With `outcome` it had ended before; `known`: the run had it before, and tells who asked first. */
  | { kind: 'taken'; outcome?: RequestOutcome; known?: true }
  /** It can never be taken: it is malformed, or its id was used for other content. */
  | { kind: 'refused'; problem: Problem };

/** A request that is no longer wanted. */
export interface CancelCommand {
  tenantId: string;
  agentId: string;
  requestId: string;
  by: string;
  note: string;
}

/** `nothing-open`: the request has ended, or was never taken. */
export type CancelAnswer = 'taken' | 'nothing-open';

/** What a workflow does with requests to the runs of agents. Failures are of `FAILURE.notHandedOver` and retried. */
export interface RequestActivities {
  /** Hands a request over, once however often it is repeated; a repeat tells the outcome as soon as there is one. */
  submitRequest(input: { request: ProvisionRequest }): Promise<SubmitAnswer>;
  /** Cancels a request. Its outcome follows, as for any other. */
  cancelRequest(input: CancelCommand): Promise<CancelAnswer>;
}

/** A request of an agent by its id. */
export interface RequestKey {
  agentId: string;
  requestId: string;
}

/** `later`: no run took it now; it may be tried again. */
export type BatchAnswer = SubmitAnswer | { kind: 'later'; problem: Problem };

/** What is found of a request. */
export type LookUpAnswer =
  | { kind: 'ended'; outcome: RequestOutcome }
  | { kind: 'parked'; reason: string }
  | { kind: 'open' }
  /** Its run has closed without an outcome, or nothing is known of it. */
  | { kind: 'gone'; problem: Problem };

/** What bulks do with the requests of many agents. The answers are in the order of the requests. */
export interface BulkActivities {
  /**
   * Hands requests over, each once however often it is repeated. Stops where the tenant's queue of writes has grown
   * long enough: then there are fewer answers than requests, and `retryAfterMs` says when to go on.
   */
  submitRequests(input: {
    tenantId: string;
    notifyWorkflowId: string;
    requests: BulkRequest[];
  }): Promise<{ answers: BatchAnswer[]; retryAfterMs: number }>;
  /** Cancels requests. The outcomes follow, as for any other. `later`: the run could not be told now. */
  cancelRequests(input: {
    tenantId: string;
    requests: RequestKey[];
    by: string;
    note: string;
  }): Promise<(CancelAnswer | 'later')[]>;
  /** Looks up what became of requests of which nothing was heard. */
  lookUpRequests(input: { tenantId: string; requests: RequestKey[] }): Promise<LookUpAnswer[]>;
}

export interface TemporaryActivities {
  /** Validates a temporary skill in full and settles its policy, as `checkRequests` does for requests. */
  checkTemporary(input: {
    temporary: TemporarySkill;
  }): Promise<{ ok: true; policy: Policy } | { ok: false; problem: Problem }>;
}

/**
 * The side effects of provisioning. Reads throw a failure of `FAILURE` that says whether a retry makes sense;
 * a 429 or a wait carries its own delay. Writes return what happened.
 */
export interface ProvisioningActivities {
  /** Validates requests in full and settles the policy: defaults, then the worker's, then the request's. */
  checkRequests(input: { requests: ProvisionRequest[] }): Promise<RequestCheck[]>;
  /** Turns references into active skill ids (cached for at most 45 s) and checks each level. Same order as asked. */
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

/** What a round of reads came to; each agent is in one of the lists. */
export interface AgentsAnswer {
  agents: AgentInventory[];
  /** The platform does not know them. */
  unknown: string[];
  /** No usable answer this time. */
  unread: string[];
  /** The platform throttled us; nothing was asked after that. */
  retryAfterMs?: number;
}

/** Reads for plans and checks. Nothing here writes. */
export interface ReadingActivities {
  /** Reads the directory, and routing if asked to, of many agents. */
  readAgents(input: { tenantId: string; agentIds: string[]; withRouting: boolean }): Promise<AgentsAnswer>;
  /** What each reference leads to, in the order asked; ids are cached for at most 45 s. */
  lookUpSkills(input: { tenantId: string; skills: SkillRef[] }): Promise<SkillAnswer[]>;
}
