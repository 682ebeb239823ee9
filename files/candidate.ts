import type { Position } from './problem.ts';

/** Something in a file that should be a request. */
export interface Candidate {
  value: unknown;
  line: number;
  /** Where a field stands; `path` as problems have it, such as `changes.0.level`. */
  positionOf(path: string): Position;
  /** What to say of a field, in the words of the file's format. */
  wordingOf(path: string, message: string): string;
}
