import type { InvariantName } from '../support/invariants.ts';

/** One place of a build, replaced so that an invariant is violated. */
export interface Breakage {
  /** The invariant that has to show it. */
  invariant: InvariantName | 'I16';
  what: string;
  /** In `dist/`. */
  file: string;
  find: string;
  replace: string;
}

export const BROKEN_BUILDS: Readonly<Record<string, Breakage>> = {};
