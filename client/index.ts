/** The library: assigns and removes skills of agents through Temporal. Needs no worker code and no native module. */
export {
  createProvisioningClient,
  type NewRequest,
  type ProvisioningClient,
  type ProvisioningClientSettings,
  type SubmittedRequest,
} from './provisioning-client.ts';
export type {
  BulkClient,
  BulkLineStatus,
  BulkOrder,
  BulkPage,
  BulkProgress,
  BulkReportLine,
  BulkRequest,
  BulkWaitOptions,
  NewBulk,
  SubmittedBulk,
} from './bulk.ts';
export type { ReadOptions } from './code/agent-reader.ts';
export type { AppliedRequest } from './code/applied.ts';
export type { PlanOrder } from './code/apply.ts';
export type { RequestEnd } from './code/carry-out.ts';
export {
  AgentsChangedError,
  AgentsUnreadError,
  NotAppliedError,
  ReadingRefusedError,
  ReadingStoppedError,
  StateRefusedError,
  UnknownWatchError,
} from './code/errors.ts';
export type { DriftClient, DriftOrder, DriftWatch, LastCheck } from './code/drift.ts';
export type { ImportedState } from './code/import-state.ts';
export type { ApplyOptions, RollbackReport, SkillsAsCode } from './code/skills-as-code.ts';
export type { AgentStatus } from './agent-status.ts';
export type { AgentOrder } from './order.schema.ts';
export type { QueueItem } from './queue.ts';
export type { TemporaryView } from './temporary-runs.ts';
export type { TemporaryClient } from './temporary.ts';
export type { NewTemporarySkill, TemporaryEndOrder, TemporaryExtension } from './temporary.schema.ts';
export type { ParkedRequest, Settlement, WaitOptions } from './waiting.ts';
export {
  BulkClosedError,
  BulkIdReusedError,
  InvalidRequestError,
  NoWorkerError,
  NotAcceptedError,
  NothingToCancelError,
  NothingToReconcileError,
  OverlappingTemporaryError,
  ProvisioningError,
  QueueFullError,
  RequestIdReusedError,
  RunTerminatedError,
  SeveralRequestsError,
  StillRunningError,
  TemporalUnreachableError,
  TemporaryNotChangedError,
  UnknownBulkError,
  UnknownRequestError,
  UnknownTemporaryError,
  WaitAbortedError,
} from './errors.ts';
export { PayloadRefusedError } from '../payloads/refusal.ts';
export type { PayloadKeysInput, PlainRule } from '../domain/payload-keys.ts';
export type { DesiredAgent, DesiredSkill, DesiredState } from '../domain/desired-state.ts';
export type { DriftReport } from '../domain/drift.ts';
export type { SavedPlan } from '../domain/plan.ts';
export type { RequestOutcome } from '../domain/outcome.ts';
export type { ProvisionRequest, SkillChange, SkillRef } from '../domain/request.ts';
