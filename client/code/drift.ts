import { ScheduleAlreadyRunning, ScheduleNotFoundError, type Client, type ScheduleOptions } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { packState, type DesiredState } from '../../domain/desired-state.ts';
import {
  DRIFT_CHECK_WORKFLOW,
  DRIFT_NAME_PATTERN,
  driftCheckWorkflowId,
  driftScheduleId,
  MAX_STATE_BYTES,
  type DriftCheckInput,
  type DriftReport,
} from '../../domain/drift.ts';
import { InvalidRequestError } from '../errors.ts';
import type { TemporalLink } from '../temporal-link.ts';
import { leaveMemosUnread } from '../unread-memos.ts';
import type { ReadOptions } from './agent-reader.ts';
import { ReadingStoppedError, UnknownWatchError } from './errors.ts';
import type { PlanSource } from './plan.ts';
import { cancelTask, runTask } from './worker-task.ts';

/** Who wants to know, and what is to be done about it. */
export interface DriftOrder {
  requestedBy: string;
  reason: string;
  /** Have what has drifted put right; by default it is only reported. */
  repair?: boolean;
}

/** What is said of a watch; part of its schedule. */
interface WatchMemo {
  source: string;
  everyMs: number;
  repair: boolean;
}

/** A schedule that compares a desired state again and again. */
export interface DriftWatch extends Partial<WatchMemo> {
  name: string;
  /** ISO 8601. */
  nextAt?: string;
  /** Why the rest can't be read; watching it goes on. Made again under its name, it can be. */
  unreadable?: string;
}

/** What the latest checks of a watch came to. */
export interface LastCheck {
  /** Of the latest one that has ended well. */
  report?: DriftReport;
  /** One is at work now. */
  running: boolean;
  /** The latest one that has ended failed. */
  failed: boolean;
}

export interface DriftClient {
  /** Checks once and waits for the report. */
  check(state: DesiredState, source: PlanSource, order: DriftOrder, options?: ReadOptions): Promise<DriftReport>;
  /** Checks now and every so many milliseconds; replaces what watched under this name. */
  watch(
    name: string,
    state: DesiredState,
    source: PlanSource,
    order: DriftOrder & { everyMs: number },
  ): Promise<DriftWatch>;
  list(): Promise<DriftWatch[]>;
  /** Throws `UnknownWatchError`, as `stop` does. */
  last(name: string): Promise<LastCheck>;
  stop(name: string): Promise<void>;
}

export interface DriftSettings {
  tenantId: string;
  taskQueue: string;
  /** What routing has to follow the directory. */
  settleMs: number;
}

const DEFAULT_TIMEOUT_MS = 15 * 60_000;

export function createDriftClient(link: TemporalLink, { tenantId, taskQueue, settleMs }: DriftSettings): DriftClient {
  function toInput(state: DesiredState, source: PlanSource, order: DriftOrder): DriftCheckInput {
    const { requestedBy, reason, repair = false } = order;
    const input = { tenantId, state: packState(state), source, requestedBy, reason, repair, settleMs };
    if (Buffer.byteLength(JSON.stringify(input)) <= MAX_STATE_BYTES) return input;
    const message = `is larger than Temporal takes (${MAX_STATE_BYTES} bytes); split the file and watch each part`;
    throw new InvalidRequestError([{ path: 'state', message }]);
  }

  return {
    async check(state, source, order, { timeoutMs = DEFAULT_TIMEOUT_MS, signal } = {}) {
      const workflowId = driftCheckWorkflowId(tenantId, randomUUID());
      const input = toInput(state, source, order);
      const task = { type: DRIFT_CHECK_WORKFLOW, workflowId, taskQueue, input, timeoutMs };
      try {
        return await runTask<DriftReport>(link, task, signal ?? new AbortController().signal);
      } catch (error) {
        await cancelTask(link, workflowId);
        throw signal?.aborted === true ? new ReadingStoppedError() : error;
      }
    },

    async watch(name, state, source, order) {
      assertName(name);
      const { everyMs, repair = false } = order;
      const memo: WatchMemo = { source: source.name, everyMs, repair };
      const options: ScheduleOptions = {
        scheduleId: driftScheduleId(tenantId, name),
        spec: { intervals: [{ every: everyMs }] },
        action: {
          type: 'startWorkflow',
          workflowType: DRIFT_CHECK_WORKFLOW,
          workflowId: driftCheckWorkflowId(tenantId, name),
          taskQueue,
          args: [toInput(state, source, order)],
        },
        // A check that takes longer than the interval must not be joined by another one.
        policies: { overlap: 'SKIP', catchupWindow: '1m' },
        memo: { ...memo },
        state: { triggerImmediately: true },
      };
      await link.call((client) => replaceSchedule(client, options));
      return { name, ...memo };
    },

    list: () => link.call((client) => listWatches(client, driftScheduleId(tenantId, ''))),

    async last(name) {
      assertName(name);
      return link.call((client) => asKnown(name, () => lastCheck(client, driftScheduleId(tenantId, name))));
    },

    async stop(name) {
      assertName(name);
      const scheduleId = driftScheduleId(tenantId, name);
      await link.call((client) => asKnown(name, () => client.schedule.getHandle(scheduleId).delete()));
    },
  };
}

/** A memo can't be changed, so the old schedule goes. What it has started goes on. */
async function replaceSchedule(client: Client, options: ScheduleOptions): Promise<void> {
  try {
    await client.schedule.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(options.scheduleId).delete();
    await client.schedule.create(options);
  }
}

async function listWatches(connected: Client, prefix: string): Promise<DriftWatch[]> {
  const { client, read } = leaveMemosUnread(connected);
  const watches: DriftWatch[] = [];
  for await (const { scheduleId, memo, info } of client.schedule.list()) {
    // The namespace may hold schedules of others, whose memos are not for us to read.
    if (!scheduleId.startsWith(prefix)) continue;
    const nextAt = info.nextActionTimes[0]?.toISOString();
    const { memo: own, refused } = await read(memo);
    watches.push({
      name: scheduleId.slice(prefix.length),
      ...(refused === undefined ? (own as unknown as WatchMemo) : { unreadable: refused.message }),
      ...(nextAt === undefined ? {} : { nextAt }),
    });
  }
  return watches;
}

async function lastCheck(client: Client, scheduleId: string): Promise<LastCheck> {
  const { info } = await client.schedule.getHandle(scheduleId).describe();
  const last: LastCheck = { running: false, failed: false };
  for (const { action } of info.recentActions.toReversed()) {
    const handle = client.workflow.getHandle(action.workflow.workflowId);
    const { status } = await handle.describe();
    if (status.name === 'COMPLETED') return { ...last, report: (await handle.result()) as DriftReport };
    if (status.name === 'RUNNING') last.running = true;
    else last.failed = true;
  }
  return last;
}

async function asKnown<T>(name: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) throw new UnknownWatchError(name);
    throw error;
  }
}

function assertName(name: string): void {
  if (DRIFT_NAME_PATTERN.test(name)) return;
  throw new InvalidRequestError([{ path: 'name', message: "must be 1 to 64 letters, digits, '_' or '-'" }]);
}
