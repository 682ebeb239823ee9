/** What a write, or the read of one of many agents, got that asked for a permit. */
export type Turn =
  /** It may go, as long as `isValid()`. */
  | { kind: 'permit'; isValid: () => boolean }
  /** It must come back later. */
  | { kind: 'sent-away'; retryAfterMs: number };

/** Paces the PATCHes of one tenant, and reads of many agents, over all workers. */
export interface Pace {
  /** A write will probably ask in a moment: a permit is fetched ahead, so that it need not wait for that. */
  expect(): void;
  /** Waits for a permit, at most `waitMs` or until the signal. */
  take(waitMs: number, signal: AbortSignal): Promise<Turn>;
  /** How long a write that comes now would have to wait for its turn. */
  backlogMs(): Promise<number>;
}

/** The pace of a tenant for whom the platform has no limit. */
export const UNPACED: Pace = {
  expect: () => undefined,
  take: async () => ({ kind: 'permit', isValid: () => true }),
  backlogMs: async () => 0,
};
