import type { BatchAnswer, LookUpAnswer } from '../activities/contract.ts';
import type { BulkRequest } from '../domain/bulk.ts';
import type { PageLine, PageOrder, PageReport } from './bulk.messages.ts';
import { keyOf, lineOfGone, newEntry, type Entry, type OpenEntry } from './page-entry.ts';
import { isBlocked, isGuess, isOver, isSettled } from './page-line.ts';
import type { RequestSettled } from './provision-skill.messages.ts';

/** What one run of a page hands to the next. */
export interface CarriedPage {
  entries: Entry[];
  order: PageOrder;
  isClaimed: boolean;
  nextAt: number;
}

/** Changes that runs from before did not have. */
type PageChange = 'doubtful-lines-are-followed-up' | 'blocked-requests-are-cancelled';

const MAX_BATCH = 25;
/**
 * So many may be at work at once. Workers that get more than they can do in the time of a workflow task do nothing but
 * begin again; those whose agents are busy cost next to nothing and don't count.
 */
const MAX_FRESH = 100;
/** Refused so often, it is reported as failed. */
const MAX_REFUSALS = 10;
const REFUSAL_WAIT_MS = 30_000;
/** Nothing heard for so long, and it is looked up; again after twice the time, and so on. */
const FIRST_LOOK_MS = 60_000;
/** One that its run knew already, or that is to be cancelled after all. */
const KNOWN_LOOK_MS = 2_000;
const LONGEST_LOOK_MS = 3_600_000;
/** A page with a rate submits at least every so often. */
const RATE_STEP_MS = 10_000;

/** The requests of a page and what is known of each. Decides, and does nothing itself. */
export class BulkPage {
  private readonly entries: Entry[];
  private readonly byId = new Map<string, Entry>();
  private readonly has: (change: PageChange) => boolean;
  order: PageOrder;
  /** The coordinator is there. */
  isClaimed: boolean;
  /** Goes up with everything that the coordinator should hear of. */
  version = 0;
  /** When the rate lets the next request out. */
  private nextAt: number;
  /** Those of the batch that is under way to their runs. */
  private handedOver: ReadonlySet<Entry> = new Set();

  /** `has`: asked where it makes a difference only. */
  constructor(
    requests: readonly BulkRequest[],
    carried: CarriedPage | undefined,
    has: (change: PageChange) => boolean,
  ) {
    this.has = has;
    this.entries = carried?.entries ?? requests.map(newEntry);
    this.order = carried?.order ?? { isOpen: false, isPaused: false, slots: 0 };
    this.isClaimed = carried?.isClaimed ?? false;
    this.nextAt = carried?.nextAt ?? 0;
    for (const entry of this.entries) {
      if (entry.request !== undefined) this.byId.set(keyOf(entry.request), entry);
    }
  }

  get lines(): PageLine[] {
    return this.entries.map(({ line }) => line);
  }

  get isFinished(): boolean {
    const mayEnd = this.order.mayEnd === true || this.kept.length === 0;
    return mayEnd && this.entries.every(({ line }) => isSettled(line));
  }

  steer(order: PageOrder, now: number): void {
    this.isClaimed = true;
    // A page that was let go is on its way to its end.
    this.order = this.order.mayEnd === true ? { ...order, mayEnd: true } : order;
    this.nextAt = Math.max(this.nextAt, order.notBefore ?? 0);
    this.withdraw(now);
  }

  /**
   * Nothing more is submitted once the bulk is cancelled; what is being handed over right now is cancelled after it. So is
   * what no run was heard to take, and what waits behind another request: they would be carried out all the same.
   */
  private withdraw(now: number): void {
    if (this.order.cancel === undefined) return;
    const kept = this.order.mayEnd === true ? [] : this.kept;
    for (const entry of kept) this.open(entry, KNOWN_LOOK_MS, now);
    for (const entry of this.withStatus('waiting')) {
      if (this.handedOver.has(entry)) continue;
      if (entry.refusals === 0 || !this.has('doubtful-lines-are-followed-up'))
        this.settle(entry, { status: 'not-submitted' });
      else {
        entry.isDoubtful = true;
        entry.notBefore = now;
        this.open(entry, FIRST_LOOK_MS, now);
      }
    }
  }

  private open(entry: Entry, lookEveryMs: number, now: number): void {
    this.version += 1;
    entry.line = { status: 'open' };
    entry.lookEveryMs = lookEveryMs;
    entry.lookAt = now + lookEveryMs;
  }

  /** News from an agent's run. A request that waited for a person may end later. */
  hear({ agentId, requestId, outcome, parked }: RequestSettled): void {
    const entry = this.byId.get(keyOf({ agentId, requestId }));
    if (entry === undefined) return;
    if (outcome !== undefined) this.settle(entry, { status: outcome.status, outcome }, isGuess(entry.line));
    else if (parked !== undefined) this.settle(entry, { status: 'awaiting-reconciliation', reason: parked.reason });
  }

  /** The next requests to hand over, until {@link take}; none while the slots are taken, the rate is used up, or all have to wait. */
  nextBatch(now: number): OpenEntry[] {
    const { isOpen, isPaused, slots, perMinute } = this.order;
    if (!isOpen || isPaused || (perMinute !== undefined && now < this.nextAt)) return [];
    const free = Math.min(slots - this.withStatus('open').length, MAX_FRESH - this.fresh);
    const step = perMinute === undefined ? MAX_BATCH : Math.max(Math.floor((perMinute * RATE_STEP_MS) / 60_000), 1);
    const ready = this.withStatus('waiting').filter(({ notBefore }) => notBefore <= now);
    const batch = ready.slice(0, Math.max(Math.min(free, step, MAX_BATCH), 0));
    this.handedOver = new Set(batch);
    return batch;
  }

  /** When time alone may let something be handed over, in milliseconds; undefined if it takes something else. */
  untilNextMs(now: number): number | undefined {
    const { isOpen, isPaused, slots, perMinute } = this.order;
    const waiting = this.withStatus('waiting');
    if (!isOpen || isPaused || waiting.length === 0) return undefined;
    if (this.withStatus('open').length >= slots || this.fresh >= MAX_FRESH) return undefined;
    const ready = Math.min(...waiting.map(({ notBefore }) => notBefore));
    return Math.max(ready, perMinute === undefined ? 0 : this.nextAt, now + 1) - now;
  }

  /** What came of handing a batch over at `startedAt`; there may be fewer answers than requests. */
  take(batch: readonly OpenEntry[], answers: readonly BatchAnswer[], startedAt: number, now: number): void {
    for (const [index, answer] of answers.entries()) {
      const entry = batch[index];
      if (entry !== undefined) this.takeOne(entry, answer, now);
    }
    this.handedOver = new Set();
    this.withdraw(now);
    const { perMinute } = this.order;
    if (perMinute !== undefined) this.nextAt = startedAt + (answers.length * 60_000) / perMinute;
  }

  private takeOne(entry: OpenEntry, answer: BatchAnswer, now: number): void {
    // Its news may have come before this.
    if (entry.line.status !== 'waiting') return;
    if (answer.kind === 'refused') {
      this.settle(entry, { status: 'rejected', problem: answer.problem });
    } else if (answer.kind === 'later') {
      entry.refusals += 1;
      entry.notBefore = now + REFUSAL_WAIT_MS;
      if (entry.refusals >= MAX_REFUSALS) this.settle(entry, { status: 'failed', problem: answer.problem });
    } else if (answer.outcome !== undefined) {
      this.settle(entry, { status: answer.outcome.status, outcome: answer.outcome });
    } else {
      // What the run had before is told to whoever asked first.
      this.open(entry, answer.known === true ? KNOWN_LOOK_MS : FIRST_LOOK_MS, now);
    }
  }

  /** Requests that are under way and have to be cancelled. */
  toCancel(now: number): OpenEntry[] {
    if (this.order.cancel === undefined) return [];
    const open = this.withStatus('open').filter(({ cancelled, notBefore }) => !cancelled && notBefore <= now);
    return open.slice(0, MAX_BATCH);
  }

  /** When a cancellation that was not taken may be tried again, in milliseconds; undefined if there is none. */
  untilCancelMs(now: number): number | undefined {
    if (this.order.cancel === undefined) return undefined;
    const left = this.withStatus('open').filter(({ cancelled }) => !cancelled);
    return left.length === 0 ? undefined : Math.max(Math.min(...left.map(({ notBefore }) => notBefore)) - now, 1);
  }

  takeCancellations(batch: readonly OpenEntry[], answers: readonly string[], now: number): void {
    for (const [index, entry] of batch.entries()) {
      if (answers[index] === 'later') entry.notBefore = now + REFUSAL_WAIT_MS;
      else entry.cancelled = true;
      if (answers[index] === 'nothing-open') entry.lookAt = now;
    }
  }

  /** Requests of which nothing was heard for too long. */
  overdue(now: number): OpenEntry[] {
    return this.withStatus('open')
      .filter(({ lookAt }) => lookAt <= now)
      .slice(0, MAX_BATCH);
  }

  /** When the first of them is due, in milliseconds; undefined if none is under way. */
  untilLookMs(now: number): number | undefined {
    const open = this.withStatus('open');
    return open.length === 0 ? undefined : Math.max(Math.min(...open.map(({ lookAt }) => lookAt)) - now, 1);
  }

  takeLooks(batch: readonly OpenEntry[], answers: readonly LookUpAnswer[], now: number): void {
    for (const [index, entry] of batch.entries()) {
      const answer = answers[index];
      if (answer === undefined || entry.line.status !== 'open') continue;
      if (answer.kind === 'ended') this.settle(entry, { status: answer.outcome.status, outcome: answer.outcome });
      else if (answer.kind === 'gone') this.settle(entry, lineOfGone(entry, answer.problem));
      else if (answer.kind === 'open') this.lookLater(entry, now);
      else {
        const line: PageLine = { status: 'awaiting-reconciliation', reason: answer.reason };
        const isKept = isBlocked(line) && this.has('blocked-requests-are-cancelled');
        if (isKept) entry.isKept = true;
        if (isKept && this.order.cancel !== undefined) this.lookLater(entry, now);
        else this.settle(entry, line);
      }
    }
  }

  /** It takes its time, for an agent who is busy, and no longer counts as fresh. */
  private lookLater(entry: Entry, now: number): void {
    entry.isFresh = false;
    this.version += 1;
    entry.lookEveryMs = Math.min(entry.lookEveryMs * 2, LONGEST_LOOK_MS);
    entry.lookAt = now + entry.lookEveryMs;
  }

  report(page: number, isClosed: boolean): PageReport {
    const counts: PageReport['counts'] = {};
    for (const { status } of this.lines.filter(isSettled)) counts[status] = (counts[status] ?? 0) + 1;
    return {
      page,
      waiting: this.withStatus('waiting').length,
      open: this.withStatus('open').length,
      nextAt: this.nextAt,
      counts,
      ...(this.kept.length === 0 ? {} : { blocked: this.kept.length }),
      isClosed,
    };
  }

  carry(): CarriedPage {
    // One that waits for a person, or was given up, may be heard of again, so it keeps its name.
    const entries = this.entries.map(({ request, ...entry }) =>
      request === undefined || (isOver(entry.line) && !isGuess(entry.line)) ? entry : { ...entry, request },
    );
    return { entries, order: this.order, isClaimed: this.isClaimed, nextAt: this.nextAt };
  }

  /** Those that wait behind another request. */
  private get kept(): Entry[] {
    return this.entries.filter(({ line, isKept }) => isKept === true && isBlocked(line));
  }

  private get fresh(): number {
    return this.withStatus('open').filter(({ isFresh }) => isFresh).length;
  }

  private withStatus(status: PageLine['status']): OpenEntry[] {
    return this.entries.filter((entry): entry is OpenEntry => entry.line.status === status);
  }

  private settle(entry: Entry, line: PageLine, wasGuess = false): void {
    if (isOver(entry.line) && !(wasGuess && this.has('doubtful-lines-are-followed-up'))) return;
    entry.line = line;
    this.version += 1;
  }
}
