import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { noopMetricMeter } from '@temporalio/common';
import { DefaultLogger } from '@temporalio/worker';
import { ShiftFeed, type FeedSettings } from '../../shifts/feed.ts';
import { startShiftSchedule, type PolledSchedule, type StaleRule } from '../../shifts/schedule.ts';
import { DEMO_TENANT_ID, type ShiftSeed } from '../../simulator/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** An hour, in milliseconds. */
export const HOUR_MS = 3_600_000;

/** A shift of an agent that begins so many milliseconds from now and takes eight hours. */
export function shiftIn(ms: number, agentId: string): ShiftSeed {
  const start = Date.now() + ms;
  return { agentId, start: new Date(start).toISOString(), end: new Date(start + 8 * HOUR_MS).toISOString() };
}

/** The JSON form of a schedule. */
export function shiftList(shifts: readonly ShiftSeed[], more: object = {}): string {
  return JSON.stringify({ version: 1, shifts, ...more });
}

/** A feed of the demonstration's tenant in JSON; by default of no shifts. */
export function feedOf(settings: Partial<FeedSettings> = {}, now?: () => number): ShiftFeed {
  return new ShiftFeed(
    {
      name: 'workforce',
      tenantId: DEMO_TENANT_ID,
      format: 'json',
      source: async () => ({ text: shiftList([]) }),
      maxAgeMs: HOUR_MS,
      ...settings,
    },
    now,
  );
}

/** A schedule of these feeds that lives as long as the test, read once. */
export async function scheduleOf(
  t: TestContext,
  feeds: readonly ShiftFeed[],
  whenStale: StaleRule = 'proceed',
): Promise<PolledSchedule> {
  const logger = new DefaultLogger('ERROR');
  const schedule = await startShiftSchedule({ feeds, intervalMs: HOUR_MS, whenStale, logger, meter: noopMetricMeter });
  t.after(() => schedule.stop());
  return schedule;
}

/** The variables of a worker that reads the shifts which the simulator has, often. */
export function shiftVariables(t: TestContext, simulatorUrl: string, whenStale = 'proceed'): Record<string, string> {
  const file = join(temporaryFolder(t), 'shift-feeds.json');
  const feed = { name: 'workforce', format: 'json', url: `${simulatorUrl}/_simulator/shifts.json` };
  writeFileSync(file, JSON.stringify([feed]));
  return { SHIFT_FEEDS: file, SHIFT_FEED_INTERVAL: '100ms', SHIFT_FEED_STALE: whenStale };
}
