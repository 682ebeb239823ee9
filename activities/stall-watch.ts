import type { Context } from '@temporalio/activity';
import { FAILURE } from '../domain/failure-types.ts';
import { failure } from './failure.ts';

/** Notices when this process was stopped for so long that another attempt may be at work. */
export interface StallWatch {
  /** Throws if this attempt must send nothing more. */
  assertCurrent(): void;
  stop(): void;
}

const TICK_MS = 200;
/** Share of the heartbeat timeout after which the server may already have started another attempt. */
const LONGEST_STALL = 0.8;

/** Heartbeats until stopped, and keeps an eye on the monotonic clock. Cancellation is not its business. */
export function startStallWatch(context: Context): StallWatch {
  const limitMs = LONGEST_STALL * (context.info.heartbeatTimeoutMs ?? Infinity);
  let lastTick = performance.now();
  let stalled = false;
  const look = (): void => {
    const now = performance.now();
    stalled ||= now - lastTick > limitMs;
    lastTick = now;
  };
  const timer = setInterval(() => {
    look();
    context.heartbeat();
  }, TICK_MS);
  context.heartbeat();
  return {
    assertCurrent() {
      look();
      if (stalled)
        throw failure(FAILURE.superseded, 'this attempt was stopped for too long; another one puts the agent back');
    },
    stop: () => clearInterval(timer),
  };
}
