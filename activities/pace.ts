/** What a write, or the read of one of many agents, got that asked for a permit. */
export type Turn =
  /** It may go, if `use()` says so right before; `done()` says that it is over, or that nothing went. */
  | { kind: 'permit'; use: () => boolean; done: () => void }
  /** It must come back later. */
  | { kind: 'sent-away'; retryAfterMs: number };

/** Paces the PATCHes of one tenant, and reads of many agents, over all workers. */
export interface Pace {
  /** A write will probably ask in a moment: a permit is fetched ahead, so that it need not wait for that. */
  expect(): void;
  /** Waits for a permit, at most `waitMs` or until the signal; after that at most `leaveMs` until its next turn is known. */
  take(waitMs: number, signal: AbortSignal, leaveMs?: number): Promise<Turn>;
  /** How long a write that comes now would have to wait for its turn. */
  backlogMs(): Promise<number>;
}

/** Gives a turn back, if there was one: what went by it is over. */
export function turnDone(turn: Turn | undefined): void {
  if (turn?.kind === 'permit') turn.done();
}

/** The pace of a tenant for whom the platform has no limit. */
export const UNPACED: Pace = {
  expect: () => undefined,
  take: async () => ({ kind: 'permit', use: () => true, done: () => undefined }),
  backlogMs: async () => 0,
};
