import { condition, continueAsNew, setHandler, sleep, workflowInfo } from '@temporalio/workflow';
import { FAILURE } from '../domain/failure-types.ts';
import { refusal } from './check-input.ts';
import { Pace, type PaceState } from './pace.ts';
import { acquirePermitsUpdate, type PermitOrder } from './tenant-pace.messages.ts';

/** Nobody has asked for so long: the next one starts a new run, and upgrades leave no old one behind. */
const IDLE = '5m';

/** Paces the writes of one tenant over all its workers. `carried` is what the run before handed over. */
export async function TenantPaceWorkflow(carried?: PaceState): Promise<void> {
  const { continuedFromExecutionRunId } = workflowInfo();
  const pace = new Pace(continuedFromExecutionRunId === undefined ? undefined : carried);
  let orders = 0;
  let answeredAt = -1;
  setHandler(
    acquirePermitsUpdate,
    (order) => {
      orders += 1;
      answeredAt = workflowInfo().historyLength;
      return pace.take(order, Date.now());
    },
    { validator: refuseBadOrder },
  );
  const isTooLong = (): boolean => workflowInfo().continueAsNewSuggested;
  while (!isTooLong()) {
    const seen = orders;
    await condition(isTooLong, IDLE);
    if (orders === seen && pace.isAtRest(Date.now())) return;
  }
  // An update answered in the task that continues as new may be lost (temporalio/temporal#6375).
  while (answeredAt === workflowInfo().historyLength) await sleep(1);
  await continueAsNew<typeof TenantPaceWorkflow>(pace.carry());
}

const MAX_PERMITS = 10_000;
const MAX_AGENTS_PER_MINUTE = 1_000_000;
const LONGEST_VALID_MS = 10_000;

function refuseBadOrder(order: PermitOrder): void {
  const given = (order as Partial<PermitOrder> | null) ?? {};
  const { count, agentsPerMinute, validMs, deferred = 0, throttledMs = 0 } = given;
  const sound =
    isWhole(count, 0, MAX_PERMITS) &&
    isWhole(agentsPerMinute, 1, MAX_AGENTS_PER_MINUTE) &&
    isWhole(validMs, 1, LONGEST_VALID_MS) &&
    isWhole(deferred, 0, MAX_PERMITS) &&
    isWhole(throttledMs, 0, Number.MAX_SAFE_INTEGER);
  if (sound) return;
  const problem = 'An order must have count, agentsPerMinute and validMs, as whole numbers within their limits.';
  throw refusal(FAILURE.invalidInput, problem);
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}
