import { condition, continueAsNew, patched, setHandler, sleep, workflowInfo } from '@temporalio/workflow';
import { FAILURE } from '../domain/failure-types.ts';
import { refusal } from './check-input.ts';
import { Pace, type PaceState } from './pace.ts';
import { SpacedPace, type SpacedPaceState } from './spaced-pace.ts';
import { acquirePermitsUpdate, type PermitOrder, type SettledGrant } from './tenant-pace.messages.ts';

/** Nobody has asked for so long: the next one starts a new run, and upgrades leave no old one behind. */
const IDLE = '5m';

/** Paces the writes of one tenant over all its workers. `carried` is what the run before handed over. */
export async function TenantPaceWorkflow(carried?: PaceState | SpacedPaceState): Promise<void> {
  const { continuedFromExecutionRunId } = workflowInfo();
  const pace = takeUp(continuedFromExecutionRunId === undefined ? undefined : carried);
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

/** A run that began with the other arithmetic keeps it to its end: what it gave out was reckoned by that. */
function takeUp(carried: PaceState | SpacedPaceState | undefined): Pace | SpacedPace {
  const isCounted = carried === undefined || 'grants' in carried;
  if (patched('pace-counts-permits')) return isCounted ? new Pace(carried) : Pace.after(carried);
  return new SpacedPace(isCounted ? undefined : carried);
}

const MAX_PERMITS = 10_000;
const MAX_AGENTS_PER_MINUTE = 1_000_000;
const LONGEST_VALID_MS = 10_000;
const LONGEST_ID = 100;

function refuseBadOrder(order: PermitOrder): void {
  const given = (order as Partial<PermitOrder> | null) ?? {};
  const { id = '', count, agentsPerMinute, validMs, deferred = 0, throttledMs = 0, settled = [] } = given;
  const sound =
    isWhole(count, 0, MAX_PERMITS) &&
    isWhole(agentsPerMinute, 1, MAX_AGENTS_PER_MINUTE) &&
    isWhole(validMs, 1, LONGEST_VALID_MS) &&
    isWhole(deferred, 0, MAX_PERMITS) &&
    isWhole(throttledMs, 0, Number.MAX_SAFE_INTEGER) &&
    isId(id) &&
    Array.isArray(settled) &&
    settled.length <= MAX_PERMITS &&
    settled.every(isSettledGrant);
  if (sound) return;
  const problem = 'An order must have count, agentsPerMinute and validMs, as whole numbers within their limits.';
  throw refusal(FAILURE.invalidInput, problem);
}

function isSettledGrant(given: Partial<SettledGrant> | null): boolean {
  const { id, used, withinMs } = given ?? {};
  return isId(id) && isWhole(used, 0, MAX_PERMITS) && isWhole(withinMs, 0, Number.MAX_SAFE_INTEGER);
}

function isId(value: unknown): boolean {
  return typeof value === 'string' && value.length <= LONGEST_ID;
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}
