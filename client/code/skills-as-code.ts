import type { DesiredState } from '../../domain/desired-state.ts';
import { inLanes } from '../../domain/lanes.ts';
import type { SavedPlan } from '../../domain/plan.ts';
import { InvalidRequestError, RunTerminatedError, StillRunningError, UnknownRequestError } from '../errors.ts';
import type { ProvisioningClient } from '../provisioning-client.ts';
import type { AgentReader, ReadOptions } from './agent-reader.ts';
import { requestsToApply, type PlanOrder, type StepsRequest } from './apply.ts';
import type { AppliedRequest } from './applied.ts';
import { carryOut, type CarryOutOptions, type RequestEnd } from './carry-out.ts';
import type { DriftClient } from './drift.ts';
import { importState, type ImportedState } from './import-state.ts';
import { makePlan, type PlanSource } from './plan.ts';
import { requestsToRollBack, type LeftStep } from './rollback.ts';

export interface ApplyOptions extends Pick<CarryOutOptions, 'timeoutMs' | 'signal'> {
  /** Told how many agents have been read. */
  onRead?: ReadOptions['onProgress'];
  /**
   * Told of each request before it is submitted, and again with its outcome. Whoever keeps what it is told can roll the
   * plan back. What it throws ends the apply.
   */
  onRequest?: (request: AppliedRequest) => void;
  /** Told how many requests there are, and of each that has ended or that nobody waits for any more. */
  onEnd?: (end: RequestEnd, requests: number) => void;
}

export interface RollbackReport {
  ends: RequestEnd[];
  /** What somebody else has changed since, or may have; it was left as it is. */
  left: LeftStep[];
  /**
   * Requests of the apply that have no outcome. Cancel them, or decide about them, and roll back again. Where the run was
   * terminated there will be none: look at the agent.
   */
  open: AppliedRequest[];
}

/** Skills as code: what a file says is compared with what agents have, and carried out. */
export interface SkillsAsCode {
  /** Reads only. Throws `StateRefusedError`, `AgentsUnreadError`, `ReadingRefusedError`, `NoWorkerError`. */
  plan(state: DesiredState, source: PlanSource, options?: ReadOptions): Promise<SavedPlan>;
  /**
   * Carries out what the plan says, and nothing else. Throws `AgentsChangedError`, before anything is changed, if an
   * agent is not as the plan found them. Repeated, it does nothing twice.
   */
  apply(plan: SavedPlan, order: PlanOrder, options?: ApplyOptions): Promise<RequestEnd[]>;
  /** Takes back what `applied` has changed, and only that. */
  rollback(
    plan: SavedPlan,
    applied: readonly AppliedRequest[],
    order: PlanOrder,
    options?: Omit<ApplyOptions, 'onRequest'>,
  ): Promise<RollbackReport>;
  /** The desired state that these agents are in now. */
  import(agentIds: readonly string[], options?: ReadOptions): Promise<ImportedState>;
  /** Where agents have wandered off from what a file says. */
  readonly drift: DriftClient;
}

const LOOK_UPS_AT_ONCE = 10;

export function createSkillsAsCode(
  read: AgentReader,
  tenantId: string,
  client: Pick<ProvisioningClient, 'submit' | 'outcome'>,
  drift: DriftClient,
): SkillsAsCode {
  return {
    drift,
    plan: (state, source, options) => makePlan(read, tenantId, state, source, options),
    import: (agentIds, options) => importState(read, agentIds, options),
    async apply(plan, order, options = {}) {
      assertOwn(plan, tenantId);
      const requests = await requestsToApply(read, plan, order, readOptions(options));
      return submitAll(client, requests, options);
    },
    async rollback(plan, applied, order, options = {}) {
      assertOwn(plan, tenantId);
      const known = await withOutcomes(client, applied);
      const { requests, left } = await requestsToRollBack(read, plan, known, order, readOptions(options));
      const ends = await submitAll(client, requests, options);
      return { ends, left, open: known.filter(({ outcome }) => outcome === undefined) };
    },
  };
}

function assertOwn(plan: SavedPlan, tenantId: string): void {
  if (plan.tenantId === tenantId) return;
  throw new InvalidRequestError([{ path: 'plan', message: `is for the tenant ${plan.tenantId}, not ${tenantId}` }]);
}

function readOptions({ timeoutMs, signal, onRead }: ApplyOptions): ReadOptions {
  return {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(signal === undefined ? {} : { signal }),
    ...(onRead === undefined ? {} : { onProgress: onRead }),
  };
}

async function submitAll(
  client: Pick<ProvisioningClient, 'submit'>,
  made: readonly StepsRequest[],
  { timeoutMs, signal, onRequest, onEnd }: ApplyOptions,
): Promise<RequestEnd[]> {
  const steps = new Map(made.map((one) => [one.request.requestId, one.steps]));
  const tell = (agentId: string, requestId: string, outcome?: AppliedRequest['outcome']): void =>
    onRequest?.({
      agentId,
      requestId,
      steps: steps.get(requestId) ?? [],
      ...(outcome === undefined ? {} : { outcome }),
    });
  return carryOut(
    client,
    made.map(({ request }) => request),
    {
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(signal === undefined ? {} : { signal }),
      onSubmit: ({ agentId, requestId }) => tell(agentId, requestId),
      onEnd(end) {
        if (end.kind === 'ended') tell(end.agentId, end.requestId, end.outcome);
        onEnd?.(end, made.length);
      },
    },
  );
}

/** What became of the requests whose end nobody waited for. One that was never taken has changed nothing. */
async function withOutcomes(
  client: Pick<ProvisioningClient, 'outcome'>,
  applied: readonly AppliedRequest[],
): Promise<AppliedRequest[]> {
  const known: AppliedRequest[] = [];
  await inLanes(applied, LOOK_UPS_AT_ONCE, async (request) => {
    if (request.outcome !== undefined) {
      known.push(request);
      return;
    }
    try {
      const settled = await client.outcome(request.agentId, request.requestId);
      known.push(settled.kind === 'ended' ? { ...request, outcome: settled.outcome } : request);
    } catch (error) {
      if (error instanceof UnknownRequestError) return;
      if (!(error instanceof StillRunningError) && !(error instanceof RunTerminatedError)) throw error;
      known.push(request);
    }
  });
  return known;
}
