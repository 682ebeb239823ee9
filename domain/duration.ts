import ms from 'ms';
import type { DurationString } from './policy.ts';

/** A policy's duration in milliseconds. */
export function toMs(duration: DurationString): number {
  return ms(duration);
}
