import type { Boundaries } from './boundaries.ts';
import { expandApart } from './expand-apart.ts';
import type { FeedFormat } from './expand.ts';
import { FeedError } from './feed-error.ts';
import type { FeedSource, Reading } from './source.ts';

/** A part of the workforce schedule, and whose it is. */
export interface FeedSettings {
  /** What logs, metrics and errors call it; its address may be a secret. */
  name: string;
  tenantId: string;
  /** Undefined: every agent of the tenant. */
  agents?: ReadonlySet<string>;
  format: FeedFormat;
  /** Of local times in a calendar. */
  timeZone?: string;
  source: FeedSource;
  /** So long after the last good reading the feed counts as stale. */
  maxAgeMs: number;
}

interface Content extends Reading {
  boundaries: Boundaries;
  /** Beyond this nothing has been expanded. */
  expandedToMs: number;
}

const DAY_MS = 24 * 3_600_000;

/** One feed as last read. What is not usable leaves the content before it in force. */
export class ShiftFeed {
  readonly name: string;
  readonly #settings: FeedSettings;
  readonly #now: () => number;
  #content: Content | undefined;
  #readAt: number | undefined;
  #problem: string | undefined;

  constructor(settings: FeedSettings, now = Date.now) {
    this.name = settings.name;
    this.#settings = settings;
    this.#now = now;
  }

  /** What was wrong the last time it was read. */
  get problem(): string | undefined {
    return this.#problem;
  }

  isAbout(tenantId: string, agentId: string): boolean {
    const { agents } = this.#settings;
    return tenantId === this.#settings.tenantId && (agents === undefined || agents.has(agentId));
  }

  /** As last read, in unix milliseconds and no order. */
  boundariesOf(agentId: string): number[] {
    if (this.#content === undefined) return [];
    const { everyone, byAgent } = this.#content.boundaries;
    return [...everyone, ...(byAgent.get(agentId) ?? [])];
  }

  /** Why the feed is not to be relied on now, in words that go after its name; undefined if it is. */
  staleness(): string | undefined {
    const now = this.#now();
    const because = this.#problem === undefined ? '' : `: it ${this.#problem}`;
    if (this.#content === undefined || this.#readAt === undefined) return `has never been read${because}`;
    if (now - this.#readAt > this.#settings.maxAgeMs) return `was last read at ${iso(this.#readAt)}${because}`;
    const { validUntilMs } = this.#content.boundaries;
    return validUntilMs === undefined || now < validUntilMs ? undefined : `is valid until ${iso(validUntilMs)}`;
  }

  /** Reads the feed. Never rejects: what went wrong is its `problem`. */
  async refresh(signal: AbortSignal): Promise<void> {
    try {
      // The window moves on even while the source is away.
      if (this.#content !== undefined && this.#content.expandedToMs - this.#now() < DAY_MS) {
        this.#content = await this.#expand(this.#content, signal);
      }
      const readAt = this.#now();
      const answer = await this.#settings.source(this.#content?.tag, signal);
      if (answer !== 'unchanged') this.#content = await this.#take(answer, signal);
      this.#readAt = readAt;
      this.#problem = undefined;
    } catch (error) {
      this.#problem = error instanceof FeedError ? error.message : 'could not be read';
    }
  }

  async #take(reading: Reading, signal: AbortSignal): Promise<Content> {
    const known = this.#content;
    if (known === undefined || reading.text !== known.text) return this.#expand(reading, signal);
    const { boundaries, expandedToMs } = known;
    return { ...reading, boundaries, expandedToMs };
  }

  async #expand({ text, tag }: Reading, signal: AbortSignal): Promise<Content> {
    const { format, timeZone } = this.#settings;
    const window = { fromMs: this.#now() - DAY_MS, toMs: this.#now() + 3 * DAY_MS };
    const boundaries = await expandApart(
      { format, text, window, ...(timeZone === undefined ? {} : { timeZone }) },
      signal,
    );
    return { text, ...(tag === undefined ? {} : { tag }), boundaries, expandedToMs: window.toMs };
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
