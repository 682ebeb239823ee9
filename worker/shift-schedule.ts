import type { Logger, MetricMeter } from '@temporalio/common';
import { ShiftFeed } from '../shifts/feed.ts';
import { startShiftSchedule, type PolledSchedule, type StaleRule } from '../shifts/schedule.ts';
import { createFileSource, createUrlSource, type FeedSource } from '../shifts/source.ts';
import type { Redactor } from '../domain/redactor.ts';
import type { ShiftFeedConfig } from './shift-feeds.ts';

/** What a worker is told of shifts. */
export interface ShiftConfig {
  feeds: readonly ShiftFeedConfig[];
  intervalMs: number;
  maxAgeMs: number;
  whenStale: StaleRule;
}

export interface ConfiguredScheduleOptions {
  config: ShiftConfig;
  userAgent: string;
  /** Told every address and token that is used. */
  redactor: Redactor;
  logger: Logger;
  meter: MetricMeter;
}

/** Starts the schedule as configured; resolves when every feed has been tried. */
export async function startConfiguredSchedule(options: ConfiguredScheduleOptions): Promise<PolledSchedule> {
  const { config, logger, meter } = options;
  const { intervalMs, maxAgeMs, whenStale } = config;
  const feeds = config.feeds.map((feed) => {
    const { name, tenantId, agents, format, timeZone } = feed;
    return new ShiftFeed({
      name,
      tenantId,
      ...(agents === undefined ? {} : { agents: new Set(agents) }),
      format,
      ...(timeZone === undefined ? {} : { timeZone }),
      source: sourceOf(feed, options),
      maxAgeMs,
    });
  });
  return startShiftSchedule({ feeds, intervalMs, whenStale, logger, meter });
}

function sourceOf(
  { url, file, token }: ShiftFeedConfig,
  { userAgent, redactor }: ConfiguredScheduleOptions,
): FeedSource {
  if (url === undefined) return createFileSource(file ?? '');
  redactor.hide(url(), true);
  if (token === undefined) return createUrlSource({ url: url(), userAgent });
  const hidden = (): string => {
    const secret = token();
    redactor.hide(secret);
    return secret;
  };
  return createUrlSource({ url: url(), userAgent, token: hidden });
}
