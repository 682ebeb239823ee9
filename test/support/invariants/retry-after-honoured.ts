import type { LedgerEntry } from '../../../simulator/index.ts';
import { endOf, ref, total, type Evidence, type Verdict } from './evidence.ts';

/**
 * What was sent before the answer was read may still come in so much later: a process on a busy machine has its turn
 * late. A repeat of the same call may not.
 */
const ON_THE_WAY_MS = 250;

/** I10: a process that was told to wait sends that tenant nothing before the wait is over. */
export function retryAfterHonoured({ processes }: Evidence): Verdict {
  return total(
    processes.map(({ name, entries }) => {
      const told = entries.filter((entry) => entry.delivered && entry.retryAfter !== undefined);
      return { cases: told.length, violations: told.flatMap((answer) => tooEarly(name, answer, entries)) };
    }),
  );
}

function tooEarly(name: string, answer: LedgerEntry, entries: readonly LedgerEntry[]): string[] {
  const from = endOf(answer);
  const until = from + waitMs(answer);
  return entries
    .filter((entry) => {
      const repeat = callOf(entry) === callOf(answer);
      return entry.arrivedMono >= from + (repeat ? 0 : ON_THE_WAY_MS) && entry.arrivedMono < until;
    })
    .map((entry) => {
      const early = Math.round(until - entry.arrivedMono);
      return `${name}: ${ref(entry)} came ${early} ms before the Retry-After of ${ref(answer)} was over`;
    });
}

/** Seconds, or an HTTP date, which counts from when it was sent. */
function waitMs({ retryAfter = '', answeredAt = 0 }: LedgerEntry): number {
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter) * 1000;
  const at = Date.parse(retryAfter);
  return Number.isNaN(at) ? 0 : at - answeredAt;
}

function callOf({ operation, agentId, path }: LedgerEntry): string {
  return `${operation} ${agentId} ${path}`;
}
