import type { Client } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import type { FieldProblem, Parsed } from '../domain/field-problem.ts';
import { toMs } from '../domain/duration.ts';
import {
  parsePayloadKeys,
  type PayloadKeysInput,
  type PayloadProtection,
  type PlainRule,
} from '../domain/payload-keys.ts';
import { DEFAULT_POLICY, type PolicyOverrides } from '../domain/policy.ts';
import { parseRequest } from '../domain/request.schema.ts';
import { settlePolicy } from '../domain/settle-policy.ts';
import { TENANT_ID_PATTERN, type ProvisionRequest } from '../domain/request.ts';
import type { TemporalConfig } from '../domain/temporal-config.ts';
import { provisionWorkflowId } from '../domain/workflow-id.ts';
import type { CancelOrder, ReconcileOrder } from '../workflows/provision-skill.messages.ts';
import { createBulkClient } from './bulk-client.ts';
import type { PageContext } from './bulk-pages.ts';
import type { BulkClient } from './bulk.ts';
import { readAgentStatus, readOutcome, type AgentStatus } from './agent-status.ts';
import { createAgentReader } from './code/agent-reader.ts';
import { createDriftClient } from './code/drift.ts';
import { createSkillsAsCode, type SkillsAsCode } from './code/skills-as-code.ts';
import { InvalidRequestError } from './errors.ts';
import {
  parseAgentKey,
  parseCancelOrder,
  parseReconcileOrder,
  parseRequestKey,
  type AgentOrder,
} from './order.schema.ts';
import { cancelRequest, reconcileRequest, type OrderTarget } from './orders.ts';
import { readQueue, type QueueItem } from './queue.ts';
import { submitRequest } from './submission.ts';
import { createTemporalLink } from './temporal-link.ts';
import { createTemporaryClient, type TemporaryClient } from './temporary.ts';
import { waitForSettlement, type Settlement, type WaitOptions } from './waiting.ts';

export interface ProvisioningClientSettings {
  /** How to reach Temporal, or a client of yours, which {@link ProvisioningClient.close} leaves open. */
  temporal: TemporalConfig | Client;
  tenantId: string;
  /** Default `skill-provisioning`. */
  taskQueue?: string;
  /** Encrypts what is sent, and reads what workers encrypted. Instead of those in `temporal`. */
  payloadKeys?: PayloadKeysInput;
  /** Default `refuse`: with keys, nothing is read that is not encrypted. */
  plainPayloads?: PlainRule;
  /** For requests that carry none of their own. */
  policy?: PolicyOverrides;
  /** Lets a policy have a toggle gap under 500 ms, for a platform that is a simulator. The worker judges for itself. */
  allowShortGap?: boolean;
}

/** A request as callers write it: the client adds the tenant, and an id if there is none. */
export type NewRequest = Omit<ProvisionRequest, 'requestId' | 'tenantId'> & { requestId?: string };

/** A request that the agent's run has taken. It goes on whatever becomes of this process. */
export interface SubmittedRequest {
  readonly requestId: string;
  readonly agentId: string;
  readonly workflowId: string;
  readonly runId: string;
  /** Waits until the request has ended or waits for a person. */
  result(options?: WaitOptions): Promise<Settlement>;
}

/**
 * Assigns and removes skills through Temporal. Every method throws `ProvisioningError`s only, as far as the caller can
 * do something about it: `InvalidRequestError` before anything is sent, `TemporalUnreachableError` within 10 s.
 */
export interface ProvisioningClient {
  /** {@link submit}, then wait for the result. */
  provision(request: NewRequest, options?: WaitOptions): Promise<Settlement>;
  /**
   * Gets a request accepted, once: the same id with the same content joins the first one or returns its outcome.
   * Throws `RequestIdReusedError`, `NotAcceptedError` after 10 s without a worker, `QueueFullError`.
   */
  submit(request: NewRequest): Promise<SubmittedRequest>;
  /** Throws `UnknownRequestError`, `StillRunningError`, `NoWorkerError`, `RunTerminatedError`. */
  outcome(agentId: string, requestId: string): Promise<Settlement>;
  status(agentId: string): Promise<AgentStatus>;
  /** What waits for a person, most urgent first. Needs no worker. */
  queue(): Promise<QueueItem[]>;
  /** Throws `NothingToReconcileError`, `SeveralRequestsError`, `NotAcceptedError`. */
  reconcile(order: AgentOrder<ReconcileOrder>, options?: WaitOptions): Promise<Settlement>;
  /** Throws `NothingToCancelError`, `SeveralRequestsError`, `NotAcceptedError`. */
  cancel(order: AgentOrder<CancelOrder>, options?: WaitOptions): Promise<Settlement>;
  /** Skills that agents have for a time. */
  readonly temporary: TemporaryClient;
  /** Many requests at once. */
  readonly bulk: BulkClient;
  readonly code: SkillsAsCode;
  close(): Promise<void>;
}

const DEFAULT_TASK_QUEUE = 'skill-provisioning';

/** Makes a client for one tenant. Connects on first use. Throws {@link InvalidRequestError} for a bad tenant id. */
export function createProvisioningClient(settings: ProvisioningClientSettings): ProvisioningClient {
  const { tenantId, taskQueue = DEFAULT_TASK_QUEUE, policy, allowShortGap = false } = settings;
  if (!TENANT_ID_PATTERN.test(tenantId)) {
    throw new InvalidRequestError([{ path: 'tenantId', message: 'must be one DNS label' }]);
  }
  const link = createTemporalLink(settings.temporal, { payloads: protectionOf(settings) });

  function targetOf(agentId: string): OrderTarget {
    return { agentId, workflowId: provisionWorkflowId(tenantId, agentId), taskQueue };
  }

  function complete(request: NewRequest): ProvisionRequest {
    const completed = { policy, ...request, requestId: request.requestId ?? randomUUID(), tenantId };
    return required(parseRequest(completed, { allowShortGap }), 'request');
  }

  async function submit(request: NewRequest): Promise<SubmittedRequest> {
    const valid = complete(request);
    const { requestId, agentId } = valid;
    const { workflowId, runId, outcome, known } = await submitRequest(link, taskQueue, valid);
    return {
      requestId,
      agentId,
      workflowId,
      runId,
      result: async (options) =>
        outcome === undefined
          ? waitForSettlement(link, { agentId, requestId, workflowId, runId, askNow: known }, options)
          : { kind: 'ended', workflowId, runId, outcome },
    };
  }

  const pageContext: PageContext = {
    tenantId,
    allowShortGap,
    complete: (request) => (policy === undefined ? request : { policy, ...request }),
  };
  const settleMs = toMs(settlePolicy(DEFAULT_POLICY, policy).propagationWindow);
  const outcome: ProvisioningClient['outcome'] = async (agentId, requestId) => {
    const key = required(parseRequestKey({ agentId, requestId }), 'value');
    return readOutcome(link, targetOf(key.agentId), key.requestId);
  };

  return {
    submit,
    provision: async (request, options) => (await submit(request)).result(options),
    outcome,
    status: async (agentId) => {
      required(parseAgentKey({ agentId }), 'value');
      return readAgentStatus(link, targetOf(agentId));
    },
    queue: () => readQueue(link, tenantId),
    reconcile: async (order, options = {}) => {
      const valid = required(parseReconcileOrder(order), 'value');
      return reconcileRequest(link, targetOf(valid.agentId), valid, options);
    },
    cancel: async (order, options = {}) => {
      const valid = required(parseCancelOrder(order), 'value');
      return cancelRequest(link, targetOf(valid.agentId), valid, options);
    },
    temporary: createTemporaryClient({
      link,
      tenantId,
      taskQueue,
      allowShortGap,
      ...(policy === undefined ? {} : { policy }),
    }),
    bulk: createBulkClient(link, { tenantId, taskQueue }, pageContext),
    code: createSkillsAsCode(
      createAgentReader(link, tenantId, taskQueue),
      tenantId,
      { submit, outcome },
      createDriftClient(link, { tenantId, taskQueue, settleMs }),
    ),
    close: () => link.close(),
  };
}

function protectionOf({
  payloadKeys,
  plainPayloads: plain = 'refuse',
}: ProvisioningClientSettings): PayloadProtection | undefined {
  if (payloadKeys === undefined) return undefined;
  const parsed = parsePayloadKeys(payloadKeys);
  if (parsed.ok) return { keys: parsed.keys, plain };
  throw new InvalidRequestError(parsed.problems.map(({ path, message }) => ({ path: `payloadKeys.${path}`, message })));
}

function required<Name extends string, Value>(parsed: Parsed<Name, Value>, name: Name): Value {
  if (parsed.ok) return (parsed as Record<Name, Value>)[name];
  throw new InvalidRequestError((parsed as { problems: readonly FieldProblem[] }).problems);
}
