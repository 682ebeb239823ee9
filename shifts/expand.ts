import type { Parsed } from '../domain/field-problem.ts';
import type { Boundaries, TimeWindow } from './boundaries.ts';
import { readCalendar } from './calendar.ts';
import { readShiftList } from './shift-list.ts';

export const FEED_FORMATS = ['icalendar', 'json'] as const;
export type FeedFormat = (typeof FEED_FORMATS)[number];

/** What a feed was found to hold, and what is wanted of it. */
export interface FeedContent {
  format: FeedFormat;
  text: string;
  window: TimeWindow;
  /** Of local times in a calendar. */
  timeZone?: string;
}

/** Reads a feed's content into the boundaries within the window. */
export function expand({ format, text, window, timeZone }: FeedContent): Parsed<'boundaries', Boundaries> {
  if (format === 'json') return readShiftList(text, window);
  const read = readCalendar(text, { window, ...(timeZone === undefined ? {} : { timeZone }) });
  return read.ok ? { ok: true, boundaries: { everyone: read.boundaries, byAgent: new Map() } } : read;
}
