import type { WorkflowExecutionDescription } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';

/** How long a worker has to take a message, before the caller hears that none polls: 10 s, less the time to say so. */
const ACCEPT_MS = 9_000;
/** The most for a run that is at work, but has more callers at once than the server lets in. */
const BUSY_MS = 60_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/** Rations the time and the attempts one message may take to be accepted. */
export interface AcceptanceBudget {
  /** Unix milliseconds; the deadline of the next attempt. */
  readonly deadline: number;
  /** Waits before the next attempt; false when the time is over. */
  pause(): Promise<boolean>;
  /** The server turned an attempt away. A run whose history grows is at work, and gets more time. */
  turnedAway(run: WorkflowExecutionDescription | undefined): void;
}

export function createAcceptanceBudget(): AcceptanceBudget {
  const start = Date.now();
  let deadline = start + ACCEPT_MS;
  let pauseMs = FIRST_PAUSE_MS;
  let progress: string | undefined;
  return {
    get deadline() {
      return deadline;
    },
    async pause() {
      // Spread, so that many callers turned away together do not come back together.
      const ms = pauseMs * (0.5 + Math.random());
      if (Date.now() + ms >= deadline) return false;
      pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS);
      await delay(ms);
      return true;
    },
    turnedAway(run) {
      const seen = `${run?.runId} ${run?.historyLength}`;
      if (progress !== undefined && seen !== progress) deadline = Math.min(Date.now() + ACCEPT_MS, start + BUSY_MS);
      progress = seen;
    },
  };
}
