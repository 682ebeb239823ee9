import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { ChangeOutcome, Problem, RequestOutcome } from '../domain/outcome.ts';
import type { ProvisionRequest } from '../domain/request.ts';

/** Why a request waits for a person. */
export type ReconciliationReason =
  | 'conflict-limit'
  | 'lock-timeout'
  | 'routing-not-synchronised'
  | 'response-mismatch'
  | 'idle-timeout'
  | 'platform-unavailable'
  | 'platform-refused'
  | 'skill-changed'
  | 'agent-not-restored'
  | 'audit-unrecordable';

export type ReconcileAction = 'retry' | 'accept' | 'rollback' | 'abandon';
export const RECONCILE_ACTIONS: readonly ReconcileAction[] = ['retry', 'accept', 'rollback', 'abandon'];

/** A person's order about a parked request. Without `requestId` it means the only one that is parked. */
export interface ReconcileOrder {
  requestId?: string;
  action: ReconcileAction;
  operator: string;
  note: string;
}

/** Cancels one request. Without `requestId` it means the only one that is open. */
export interface CancelOrder {
  requestId?: string;
  by: string;
  note: string;
}

export type ProvisionState =
  | 'Queued'
  | 'Resolving'
  | 'AwaitingIdle'
  | 'Patching'
  | 'Toggling'
  | 'Verifying'
  | 'Completed'
  | 'AwaitingReconciliation'
  | 'Cancelling';

/** One request in a {@link ProvisionStatus}. */
export interface RequestStatus {
  requestId: string;
  state: 'queued' | 'active' | 'parked' | 'ended';
  requestedBy?: string;
  ticket?: string;
  /** PATCH attempts. */
  attempts?: number;
  toggles?: number;
  conflicts?: number;
  /** Why it waits for a person, or `blocked-by-reconciliation` behind one that does. */
  reason?: ReconciliationReason | 'blocked-by-reconciliation';
  /** What happened, in a sentence, while it is parked. */
  problem?: Problem;
  since?: string;
  escalated?: boolean;
  /** The actions that apply while it is parked. */
  actions?: ReconcileAction[];
  /** What holds for each change as last read, while it is parked. */
  changes?: ChangeOutcome[];
  outcome?: RequestOutcome;
}

/** The answer of the `status` query. Times are ISO 8601. */
export interface ProvisionStatus {
  agentId: string;
  workflowId: string;
  state: ProvisionState;
  /** When this state began. */
  since: string;
  waitingFor?: string;
  escalated?: boolean;
  /** Open requests in order, then the ended ones this run remembers. */
  requests: RequestStatus[];
}

/** Answer of `submitRequest`: what the run knows of the request now. */
export interface SubmitReceipt {
  requestId: string;
  state: 'accepted' | 'known';
}

/** Answer of `resolve` and `cancelRequest`: the request the order is now carried out for. */
export interface OrderReceipt {
  requestId: string;
}

/** Payload of `requestSettled`, sent to `notifyWorkflowId`. */
export interface RequestSettled {
  requestId: string;
  agentId: string;
  outcome?: RequestOutcome;
  parked?: { reason: ReconciliationReason; since: string };
}

/** Memo of a run with parked requests; what the queue shows of each without asking a worker. */
export interface ParkedMemo {
  requestId: string;
  reason: ReconciliationReason;
  since: string;
  escalated: boolean;
  requestedBy: string;
  ticket?: string;
}
/** Name of the memo field that holds `ParkedMemo[]`. */
export const PARKED_MEMO = 'parked';

/** Name of the memo field, `true`, of a run that follows one which may have left its agent out of the queue. */
export const LEFT_OUT_MEMO = 'agentLeftOut';

/** What a query fails with while the run has news that no workflow task has taken up. Asked again, it answers. */
export const ASKED_TOO_EARLY = 'the run is about to go on; ask again';

export const submitRequestUpdate = defineUpdate<SubmitReceipt, [ProvisionRequest]>('submitRequest');
export const resolveUpdate = defineUpdate<OrderReceipt, [ReconcileOrder]>('resolve');
export const cancelRequestUpdate = defineUpdate<OrderReceipt, [CancelOrder]>('cancelRequest');
export const reconcileSignal = defineSignal<[ReconcileOrder]>('reconcile');
export const requestSettledSignal = defineSignal<[RequestSettled]>('requestSettled');
export const statusQuery = defineQuery<ProvisionStatus>('status');
