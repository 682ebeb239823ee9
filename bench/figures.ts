import type { Figure } from './figure.ts';
import { latency } from './figures/latency.ts';

/** Everything that can be measured, in the order of a run. */
export const FIGURES: readonly Figure[] = [latency];
