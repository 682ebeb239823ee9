import { sleep } from '@temporalio/workflow';
import type { ActivityOptions } from '@temporalio/workflow';
import type { Policy } from '../../domain/policy.ts';

// Without the types of `ms`, Temporal's durations are silently `any`: then these lines stop being errors, and tsc fails.

/** Durations that mean something. */
export const good: [ActivityOptions, Policy['lockWait'], () => Promise<void>] = [
  { startToCloseTimeout: '30 seconds' },
  '150s',
  () => sleep('500ms'),
];

/** Durations that do not. */
export const bad: unknown[] = [
  // @ts-expect-error there is no such unit
  { startToCloseTimeout: '30 parsecs' } satisfies ActivityOptions,
  // @ts-expect-error a unit is missing
  'soon' satisfies Policy['lockWait'],
  // @ts-expect-error not a duration
  () => sleep('later'),
];
