import type { Logger, MetricMeter } from '@temporalio/common';
import { METRICS } from '../domain/metric-names.ts';
import { nearBoundary, sorted, type Margin } from './boundaries.ts';
import type { ShiftFeed } from './feed.ts';

/** What a stale feed means for the agents it is about. */
export const STALE_RULES = ['proceed', 'wait'] as const;
export type StaleRule = (typeof STALE_RULES)[number];

/** Whether a transition of an agent may start now. */
export type ShiftVerdict =
  /** `unchecked` names a stale feed in spite of which it may. */
  | { kind: 'clear'; unchecked?: string }
  /** A boundary, in unix milliseconds, and how long it stays too near. */
  | { kind: 'near'; boundaryMs: number; clearInMs: number }
  /** The feed of this name is stale, and work waits for it. */
  | { kind: 'stale'; feed: string };

/** The workforce schedule, as far as its feeds tell. */
export interface ShiftSchedule {
  judge(agent: { tenantId: string; agentId: string }, margin: Margin): ShiftVerdict;
}

export interface PolledSchedule extends ShiftSchedule {
  /** Throws while a feed is stale, with the reasons. */
  assertFresh(): void;
  stop(): Promise<void>;
}

export interface ScheduleOptions {
  feeds: readonly ShiftFeed[];
  intervalMs: number;
  whenStale: StaleRule;
  logger: Logger;
  meter: MetricMeter;
}

/** Reads every feed once, then again and again beside the work. A feed that can't be read is logged once, not each time. */
export async function startShiftSchedule(options: ScheduleOptions): Promise<PolledSchedule> {
  const { feeds, logger, meter } = options;
  const gauge = meter.createGauge(METRICS.staleShiftFeeds, 'int', '', 'Whether a shift feed is stale.');
  const stopped = new AbortController();
  const said = new Map<ShiftFeed, string>();
  const underWay = new Map<ShiftFeed, Promise<void>>();

  const report = (feed: ShiftFeed): void => {
    const staleness = feed.staleness();
    gauge.set(staleness === undefined ? 0 : 1, { feed: feed.name });
    const state = staleness === undefined ? (feed.problem ?? '') : 'stale';
    if (state === (said.get(feed) ?? '')) return;
    said.set(feed, state);
    if (staleness !== undefined) {
      logger.warn('a shift feed is stale', { feed: feed.name, why: staleness, whenStale: options.whenStale });
    } else if (feed.problem !== undefined) {
      logger.warn('a shift feed could not be read; what was read before it holds', {
        feed: feed.name,
        why: feed.problem,
      });
    } else logger.info('a shift feed can be relied on again', { feed: feed.name });
  };
  const refresh = (feed: ShiftFeed): Promise<void> => {
    const running = underWay.get(feed);
    if (running !== undefined) return running;
    const started = feed.refresh(stopped.signal).then(() => {
      underWay.delete(feed);
      if (!stopped.signal.aborted) report(feed);
    });
    underWay.set(feed, started);
    return started;
  };
  await Promise.all(feeds.map(refresh));
  const timer = setInterval(() => {
    for (const feed of feeds) void refresh(feed);
  }, options.intervalMs);
  timer.unref();

  return {
    judge: (agent, margin) => judge(options, agent, margin),
    assertFresh() {
      const stale = feeds.flatMap((feed) => {
        const why = feed.staleness();
        return why === undefined ? [] : [`${feed.name} ${why}`];
      });
      if (stale.length > 0) throw new Error(stale.join('; '));
    },
    async stop() {
      clearInterval(timer);
      stopped.abort();
      await Promise.all(underWay.values());
    },
  };
}

/** A known boundary goes before everything: an old schedule is better than none. */
function judge(
  { feeds, whenStale }: ScheduleOptions,
  { tenantId, agentId }: { tenantId: string; agentId: string },
  margin: Margin,
): ShiftVerdict {
  const about = feeds.filter((feed) => feed.isAbout(tenantId, agentId));
  const now = Date.now();
  const boundaries = sorted(about.flatMap((feed) => feed.boundariesOf(agentId)));
  const near = nearBoundary(boundaries, now, margin);
  if (near !== undefined) return { kind: 'near', boundaryMs: near.boundaryMs, clearInMs: near.clearAtMs - now };
  const stale = about.find((feed) => feed.staleness() !== undefined);
  if (stale === undefined) return { kind: 'clear' };
  return whenStale === 'wait' ? { kind: 'stale', feed: stale.name } : { kind: 'clear', unchecked: stale.name };
}
