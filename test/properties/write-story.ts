import type { PatchAnswer } from '../../activities/contract.ts';
import type { Policy } from '../../domain/policy.ts';
import {
  decideAfterAnswer,
  decideAfterReading,
  NO_HISTORY,
  type Unsent,
  type WriteHistory,
  type WriteStep,
} from '../../workflows/write-decision.ts';

/** One answer, when it came, and what was decided. */
export interface Met {
  answer: PatchAnswer | Unsent;
  at: number;
  step: WriteStep;
}

interface Story {
  met: Met[];
  history: WriteHistory;
  now: number;
  /** Why and when it was handed to a person, if it was. */
  end: { reason: string; message: string; at: number } | undefined;
}

/**
 * Lives through answers as the workflow does, with a wish that never comes true. Time passes in waits only: if this
 * ends, it ends with calls that take time as well.
 */
export function carryOn(answers: Iterable<PatchAnswer | Unsent>, policy: Policy): Story {
  const met: Met[] = [];
  let history = NO_HISTORY;
  let now = 1_700_000_000_000;
  for (const answer of answers) {
    const decision = decideAfterAnswer(answer, false, history, policy, now);
    history = decision.history;
    met.push({ answer, at: now, step: decision.step });
    if (decision.step.kind === 'park') return { met, history, now, end: { ...decision.step, at: now } };
    if (decision.step.kind === 'wait') now += decision.step.ms;
    const reading = decideAfterReading(false, history, policy, now);
    history = reading.history;
    if (reading.park !== undefined) return { met, history, now, end: { ...reading.park, at: now } };
  }
  return { met, history, now, end: undefined };
}
