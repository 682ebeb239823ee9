import type { FaultMatch, FaultRule, When } from './faults.ts';
import type { LedgerEntry } from './ledger.ts';

/** A request that is stopped on its way until somebody lets it go. */
export interface Hold {
  /** Resolves when the first request that fits has come. */
  arrived: Promise<LedgerEntry>;
  /** Lets it go; if it has not come yet, it will not be stopped. */
  release(): void;
}

/** What to hold: by default the first request that fits, before it meets the state. */
export interface HoldMatch extends FaultMatch {
  when?: When;
}

/** The rule that holds requests, and the handle to it. */
export function createHold({ when = 'before', ...match }: HoldMatch): { rule: FaultRule; hold: Hold } {
  let arrive: (entry: LedgerEntry) => void;
  const arrived = new Promise<LedgerEntry>((resolve) => (arrive = resolve));
  let release: () => void;
  const released = new Promise<void>((resolve) => (release = resolve));
  const until = (entry: LedgerEntry): Promise<void> => {
    arrive(entry);
    return released;
  };
  const rule: FaultRule = { name: 'hold', times: 1, ...match, do: { kind: 'wait', when, until } };
  return { rule, hold: { arrived, release: () => release() } };
}
