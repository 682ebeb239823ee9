import type { AuditSink } from '../audit/sink.ts';
import type { CxoneClient } from '../cxone/client.ts';
import { ConfigurationError } from '../cxone/errors.ts';
import type { PolicyOverrides } from '../domain/policy.ts';
import type { ProvisionRequest } from '../domain/request.ts';
import type { ShiftSchedule } from '../shifts/schedule.ts';
import type { CancelAnswer, CancelCommand, LookUpAnswer, RequestKey, SubmitAnswer } from './contract.ts';
import type { Pace } from './pace.ts';

/** The named points of a toggle, in order. A process that dies at any of them leaves an agent to be put back. */
export const TOGGLE_STEPS = [
  'before-notavailable',
  'after-notavailable',
  'during-gap',
  'before-available',
  'after-available',
  'before-completion',
] as const;
export type ToggleStep = (typeof TOGGLE_STEPS)[number];

/** The way to the runs of agents, the same that callers go. What it throws is worth another try. */
export interface RequestPort {
  submitRequest(request: ProvisionRequest): Promise<SubmitAnswer>;
  cancelRequest(order: CancelCommand): Promise<CancelAnswer>;
  lookUpRequest(key: RequestKey & { tenantId: string }): Promise<LookUpAnswer>;
}

/** What the activities are made with. */
export interface ActivityDeps extends RequestPort {
  /** The platform of a tenant this worker serves. */
  platformFor(tenantId: string): CxoneClient | undefined;
  /** The pace of writes of any tenant. */
  paceFor(tenantId: string): Pace;
  sink: AuditSink;
  /** The worker's own settings; a request's go before them. */
  policyOverrides: PolicyOverrides;
  /** Undefined: nothing is known of shifts, and nothing waits for them. */
  shifts?: ShiftSchedule;
  /** Goes into audit records. */
  host: string;
  /** Told of each step of a toggle as it is reached. */
  onToggleStep?: (step: ToggleStep) => void;
}

/** The platform of a tenant; throws a `ConfigurationError` for a tenant this worker does not serve. */
export function requirePlatform(deps: ActivityDeps, tenantId: string): CxoneClient {
  const platform = deps.platformFor(tenantId);
  if (platform === undefined) throw new ConfigurationError(`this worker does not serve the tenant ${tenantId}`);
  return platform;
}
