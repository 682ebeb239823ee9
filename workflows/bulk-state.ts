import type { BulkInput, BulkOrder, BulkProgress, BulkState, PageOrder, PageReport } from './bulk.messages.ts';

/** What the coordinator knows of a page. */
interface PageState {
  report: PageReport;
  /** It has said so itself. */
  isHeard: boolean;
  isOpen: boolean;
  /** When it was opened: when the rate lets it begin. */
  notBefore?: number;
  /** As JSON: the order it was last told. */
  told?: string;
}

/** What one run of the coordinator hands to the next. Times are unix milliseconds. */
export interface CarriedBulk {
  pages: PageState[];
  isPaused: boolean;
  perMinute?: number;
  cancel?: BulkOrder;
  startedAt: number;
  endedAt?: number;
  /** How many were settled at what time, over the last minute. */
  samples: { at: number; settled: number }[];
}

/**
 * Requests of one bulk that may be under way at once. Those that could be written wait for the tenant's pace, which keeps
 * their number small; most of these wait for agents to get idle.
 */
const MAX_UNDER_WAY = 500;
const SLOT_STEP = 50;
const MINUTE_MS = 60_000;

/** The pages of a bulk and the orders about it. Decides, and does nothing itself. */
export class Bulk {
  private readonly input: BulkInput;
  private readonly state: CarriedBulk;
  private readonly letsGo: () => boolean;
  /** Goes up with everything that may let a page be told something. */
  version = 0;

  /** `letsGo`: not in runs from before pages stayed; asked where it makes a difference only. */
  constructor(input: BulkInput, now: number, carried: CarriedBulk | undefined, letsGo: () => boolean) {
    this.input = input;
    this.letsGo = letsGo;
    this.state = carried ?? {
      pages: Array.from({ length: input.pages }, (_, page) => ({
        report: { page, waiting: 0, open: 0, nextAt: 0, counts: {}, isClosed: false },
        isHeard: false,
        isOpen: false,
      })),
      isPaused: false,
      ...(input.perMinute === undefined ? {} : { perMinute: input.perMinute }),
      startedAt: now,
      samples: [],
    };
  }

  get isFinished(): boolean {
    return this.state.pages.every(({ report }) => report.isClosed);
  }

  get isCancelled(): boolean {
    return this.state.cancel !== undefined;
  }

  hear(report: PageReport, now: number): void {
    const page = this.state.pages[report.page];
    if (page === undefined || page.report.isClosed) return;
    page.report = report;
    page.isHeard = true;
    this.version += 1;
    const { samples } = this.state;
    while (samples[0] !== undefined && samples[0].at < now - MINUTE_MS) samples.shift();
    samples.push({ at: now, settled: this.settled });
  }

  /** A page whose run is gone: whatever it had under way goes on and is not heard of any more. */
  lose(page: number): void {
    const lost = this.state.pages[page];
    if (lost !== undefined) lost.report = { ...lost.report, open: 0, waiting: 0, isClosed: true };
    this.version += 1;
  }

  pause(isPaused: boolean): void {
    this.state.isPaused = isPaused;
    this.version += 1;
  }

  setRate(perMinute: number | undefined): void {
    delete this.state.perMinute;
    if (perMinute !== undefined) this.state.perMinute = perMinute;
    this.version += 1;
  }

  cancel({ by, note }: BulkOrder): void {
    this.state.cancel ??= { by, note };
    this.version += 1;
  }

  /** Pages to be told something new, at most `most`; `again`: everyone that works, to see who is still there. */
  toTell(most: number, again = false): { page: number; order: PageOrder }[] {
    this.openNext();
    return this.state.pages
      .flatMap((state) => {
        const order = this.orderFor(state);
        const isNews = state.told !== JSON.stringify(order) || (again && state.isOpen);
        return state.report.isClosed || !isNews ? [] : [{ page: state.report.page, order }];
      })
      .slice(0, most);
  }

  noteTold(page: number, order: PageOrder): void {
    const told = this.state.pages[page];
    if (told !== undefined) told.told = JSON.stringify(order);
  }

  progress(now: number): BulkProgress {
    const { bulkId, pages, requests } = this.input;
    const { perMinute, startedAt, endedAt, samples } = this.state;
    const counts: BulkProgress['counts'] = {};
    for (const { report } of this.state.pages) {
      for (const [status, count] of Object.entries(report.counts)) {
        const name = status as keyof typeof counts;
        counts[name] = (counts[name] ?? 0) + count;
      }
    }
    const before = samples.findLast(({ at }) => at < now - MINUTE_MS)?.settled ?? samples[0]?.settled ?? 0;
    return {
      bulkId,
      state: this.stateName,
      ...(perMinute === undefined ? {} : { perMinute }),
      pages,
      requests,
      submitted: this.underWay + this.settled - (counts['not-submitted'] ?? 0),
      settled: this.settled,
      counts,
      settledPerMinute: Math.max(this.settled - before, 0),
      startedAt: new Date(startedAt).toISOString(),
      ...(endedAt === undefined ? {} : { endedAt: new Date(endedAt).toISOString() }),
    };
  }

  end(now: number): BulkProgress {
    this.state.endedAt = now;
    return this.progress(now);
  }

  carry(): CarriedBulk {
    return this.state;
  }

  private get settled(): number {
    return this.state.pages.reduce((sum, { report }) => sum + settledOf(report), 0);
  }

  private get underWay(): number {
    return this.state.pages.reduce((sum, { report }) => sum + report.open, 0);
  }

  private get stateName(): BulkState {
    const { cancel, isPaused, endedAt } = this.state;
    if (endedAt !== undefined) return cancel === undefined ? 'completed' : 'cancelled';
    if (cancel !== undefined) return 'cancelling';
    return isPaused ? 'paused' : 'running';
  }

  /** The next page is opened when those before have submitted everything. */
  private openNext(): void {
    const { pages, isPaused, cancel } = this.state;
    if (isPaused || cancel !== undefined) return;
    const next = pages.find((page) => !hasSubmitted(page));
    if (next === undefined || next.isOpen) return;
    next.isOpen = true;
    next.notBefore = Math.max(...pages.map(({ report }) => report.nextAt));
  }

  private orderFor(page: PageState): PageOrder {
    const { isPaused, perMinute, cancel } = this.state;
    const isWorking = page.isOpen && !hasSubmitted(page);
    // What a page has nothing to do with makes no new order, so that it need not be told.
    return {
      isOpen: page.isOpen,
      isPaused: isWorking && isPaused,
      slots: isWorking ? this.slotsBeside(page) : 0,
      ...(isWorking && perMinute !== undefined ? { perMinute, notBefore: page.notBefore ?? 0 } : {}),
      ...(cancel === undefined ? {} : { cancel }),
      ...(this.mayEnd(page) ? { mayEnd: true } : {}),
    };
  }

  /** A page that stays for what waits behind other requests is let go when nothing is left that could be cancelled. */
  private mayEnd({ report }: PageState): boolean {
    const { cancel, pages } = this.state;
    return cancel === undefined && report.blocked !== undefined && pages.every(hasSettled) && this.letsGo();
  }

  /** In steps, so that a page is not told with every request that ends elsewhere. */
  private slotsBeside({ report }: PageState): number {
    const free = MAX_UNDER_WAY - (this.underWay - report.open);
    return Math.max(Math.floor(free / SLOT_STEP) * SLOT_STEP, 1);
  }
}

function hasSubmitted({ report, isHeard }: PageState): boolean {
  return report.isClosed || (isHeard && report.waiting === 0);
}

function hasSettled(page: PageState): boolean {
  return hasSubmitted(page) && page.report.open === 0;
}

function settledOf({ counts }: PageReport): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
