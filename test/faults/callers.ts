import { inspect } from 'node:util';
import type { Client } from '@temporalio/client';
import {
  NotAcceptedError,
  NothingToCancelError,
  NothingToReconcileError,
  RequestIdReusedError,
  TemporalUnreachableError,
  UnknownRequestError,
  type NewRequest,
  type ProvisioningClient,
  type Settlement,
} from '../../client/index.ts';
import type { RequestOutcome } from '../../domain/outcome.ts';
import { provisionWorkflowId } from '../../domain/workflow-id.ts';
import { DEMO_TENANT_ID } from '../../simulator/index.ts';
import { seededRandom } from '../../simulator/random.ts';
import { RECONCILE_ACTIONS, reconcileSignal, type ReconcileAction } from '../../workflows/provision-skill.messages.ts';
import { sizeOf, type CampaignOptions } from './options.ts';
import type { Errand } from './plan.ts';
import type { Tally } from './tally.ts';

/** What callers and operators were told, and what they were told wrongly. */
export interface CallersReport {
  /** Every outcome a caller got, by request id; several if it asked several times. */
  told: Map<string, RequestOutcome[]>;
  /** Errors that the library does not promise. */
  surprises: string[];
}

/** Somebody asks, waits, and sometimes repeats, cancels, or does what an operator does. */
export interface Callers extends CallersReport {
  ended: number;
  parked: number;
  run(errands: readonly Errand[]): Promise<void>;
  /** Resolves when the number of requests that have ended or been left with a person is `enough`; asked with each of them. */
  whenSettled(enough: (count: number) => boolean): Promise<void>;
}

/** Errors that are an answer. */
type Expected = readonly (abstract new (...args: never[]) => Error)[];

/** Where thousands share a machine that spends itself on starting workers, a request may stand in line for long. */
const LONGEST_WAIT_MS = { small: 600_000, large: 3_600_000 };
const OPERATOR_EVERY_MS = 400;
const KINDS = [
  'repeated at once',
  'repeated afterwards',
  'id reused',
  'cancelled',
  'run cancelled',
  'order',
  'stray signal',
];

export function createCallers(
  client: ProvisioningClient,
  temporal: Client,
  options: CampaignOptions,
  tally: Tally,
): Callers {
  const timeoutMs = LONGEST_WAIT_MS[sizeOf(options)];
  const random = seededRandom(options.seed, 'callers');
  for (const kind of KINDS) tally.expect(kind, Math.max(1, Math.floor(options.requests / 500)));
  const callers: Callers = { told: new Map(), surprises: [], ended: 0, parked: 0, run, whenSettled };
  let onSettled = (): void => undefined;

  async function run(errands: readonly Errand[]): Promise<void> {
    const waiting = [...errands];
    const line = async (): Promise<void> => {
      for (let errand = waiting.shift(); errand !== undefined; errand = waiting.shift()) await carryOut(errand);
    };
    const stray = setInterval(() => void strayOrder(errands), OPERATOR_EVERY_MS);
    try {
      await Promise.all(Array.from({ length: options.inFlight }, line));
    } finally {
      clearInterval(stray);
    }
  }

  function whenSettled(enough: (count: number) => boolean): Promise<void> {
    return new Promise((resolve) => {
      onSettled = () => {
        if (enough(callers.ended + callers.parked)) resolve();
      };
    });
  }

  async function carryOut({ request, repeat, cancelAfterMs, cancelRunAfterMs }: Errand): Promise<void> {
    const doings = [ask(request)];
    if (repeat === 'at-once') {
      tally.add('repeated at once');
      doings.push(ask(request));
    }
    if (cancelAfterMs !== undefined) doings.push(cancel(request, cancelAfterMs).then(() => undefined));
    if (cancelRunAfterMs !== undefined) doings.push(cancelRun(request, cancelRunAfterMs).then(() => undefined));
    const [settled] = await Promise.all(doings);
    if (settled?.kind === 'parked') await operate(request, settled);
    if (settled?.kind === 'ended') callers.ended += 1;
    else callers.parked += 1;
    onSettled();
    if (repeat !== 'afterwards') return;
    tally.add('repeated afterwards');
    await ask(request);
    const other = { ...request, reason: 'something else' };
    const taken = await persistently(() => client.provision(other, { timeoutMs }), request.requestId, [
      RequestIdReusedError,
    ]);
    if (taken !== undefined) callers.surprises.push(`${request.requestId} was taken with other content`);
    tally.add('id reused');
  }

  /** As a service does: the same request again until it is taken. */
  async function ask(request: NewRequest & { requestId: string }): Promise<Settlement | undefined> {
    const settled = await persistently(() => client.provision(request, { timeoutMs }), request.requestId);
    note(settled);
    return settled;
  }

  /** Nine of ten parked requests get an answer from a person; the others stay. */
  async function operate(request: NewRequest & { requestId: string }, first: Settlement): Promise<void> {
    let settled: Settlement | undefined = first;
    const { agentId, requestId } = request;
    for (let orders = 0; settled?.kind === 'parked' && orders < 4 && random() < 0.9; orders += 1) {
      if (settled.reason === 'blocked-by-reconciliation') return;
      const actions: readonly ReconcileAction[] = settled.actions ?? ['retry'];
      const action: ReconcileAction = actions[Math.floor(random() * actions.length)] ?? 'retry';
      tally.add('order');
      const order = { agentId, requestId, action, operator: 'kim', note: 'campaign' };
      settled = await persistently(() => client.reconcile(order, { timeoutMs }), requestId, [NothingToReconcileError]);
      note(settled);
    }
  }

  async function cancel(
    { agentId, requestId }: { agentId: string; requestId: string },
    afterMs: number,
  ): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    tally.add('cancelled');
    const order = { agentId, requestId, by: 'kim', note: 'not needed' };
    const cancelled = () => client.cancel(order, { timeoutMs });
    note(await persistently(cancelled, requestId, [NothingToCancelError, UnknownRequestError]));
  }

  async function cancelRun({ agentId }: { agentId: string }, afterMs: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    tally.add('run cancelled');
    // As the Web UI's button does. There may be no run, or no server.
    await temporal.workflow
      .getHandle(provisionWorkflowId(DEMO_TENANT_ID, agentId))
      .cancel()
      .catch(() => undefined);
  }

  /** A signal that may apply to nothing. */
  async function strayOrder(errands: readonly Errand[]): Promise<void> {
    const errand = errands[Math.floor(random() * errands.length)];
    const action = RECONCILE_ACTIONS[Math.floor(random() * RECONCILE_ACTIONS.length)] ?? 'retry';
    if (errand === undefined) return;
    tally.add('stray signal');
    await temporal.workflow
      .getHandle(provisionWorkflowId(DEMO_TENANT_ID, errand.request.agentId))
      .signal(reconcileSignal, { action, operator: 'lee', note: 'by guess' })
      .catch(() => undefined);
  }

  function note(settled: Settlement | undefined): void {
    if (settled?.kind !== 'ended') return;
    const { outcome } = settled;
    callers.told.set(outcome.requestId, [...(callers.told.get(outcome.requestId) ?? []), outcome]);
  }

  /** Repeats what was not taken, or could not be, as the library says it may be. */
  async function persistently(
    act: () => Promise<Settlement>,
    what: string,
    mayRefuse: Expected = [],
  ): Promise<Settlement | undefined> {
    for (const until = Date.now() + timeoutMs; ;) {
      try {
        return await act();
      } catch (error) {
        const again = error instanceof NotAcceptedError || error instanceof TemporalUnreachableError;
        if (again && Date.now() < until) continue;
        if (!mayRefuse.some((kind) => error instanceof kind))
          callers.surprises.push(`${what}: ${inspect(error, { breakLength: Infinity })}`);
        return undefined;
      }
    }
  }

  return callers;
}
