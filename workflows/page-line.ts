import type { PageLine } from './bulk.messages.ts';

/** Nothing has to be done for it any more. */
export function isSettled({ status }: PageLine): boolean {
  return status !== 'waiting' && status !== 'open';
}

/** It waits behind a request that waits for a person, and is carried out once they have decided about that one. */
export function isBlocked({ status, reason }: PageLine): boolean {
  return status === 'awaiting-reconciliation' && reason === 'blocked-by-reconciliation';
}

/** What became of it is not known: it was given up. News of its run is better. */
export function isGuess({ status, outcome }: PageLine): boolean {
  return (status === 'not-submitted' || status === 'failed') && outcome === undefined;
}

/** Settled, and not by waiting for a person, who may yet decide. */
export function isOver(line: PageLine): boolean {
  return isSettled(line) && line.status !== 'awaiting-reconciliation';
}
