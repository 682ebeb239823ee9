import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { AgentSnapshot } from './model.ts';

/** What a request was, or what a script did. */
export type Operation =
  | 'token'
  | 'getAgent'
  | 'patchAgent'
  | 'putAgent'
  | 'getState'
  | 'patchState'
  | 'listSkills'
  | 'getSkill'
  | 'getRouting'
  | 'unknown'
  | 'third-party-edit'
  | 'state-change'
  | 'lock';

/** Things no client of ours should do, or that the platform did silently. */
export type Flag =
  | 'unknown-route'
  | 'put-agent'
  | 'no-if-match'
  | 'no-idempotency-key'
  | 'level-clamped'
  | 'level-not-allowed'
  | 'unknown-skill'
  | 'short-toggle'
  | 'throttled';

/** One request or scripted act. Complete once `answeredAt` is there. Never holds a credential or a token. */
export interface LedgerEntry {
  /** In order of arrival, from 1. */
  seq: number;
  /** The place in the order in which requests met the platform's state; absent if this one never did. */
  order?: number;
  actor: 'client' | 'third-party';
  operation: Operation;
  method?: string;
  path?: string;
  userAgent?: string;
  tenantId?: string;
  agentId?: string;
  skillId?: string;
  /** Epoch milliseconds. */
  arrivedAt: number;
  /** Monotonic milliseconds of the simulator's process. */
  arrivedMono: number;
  /** Monotonic milliseconds at which it met the state. */
  processedMono?: number;
  /** Epoch milliseconds at which the answer was handed to the connection, or the connection ended. */
  answeredAt?: number;
  answeredMono?: number;
  /** Monotonic milliseconds at which the caller went away without an answer. */
  abandonedMono?: number;
  /** First digits of a SHA-256 of the bearer token. */
  tokenId?: string;
  /** Epoch milliseconds. */
  tokenExpiresAt?: number;
  ifMatch?: string;
  idempotencyKey?: string;
  /** The request's JSON body. */
  body?: unknown;
  /** As answered; absent if the connection was dropped. */
  status?: number;
  /** The error code in the answer's body. */
  errorCode?: string;
  /** Carried out: neither refused nor repeated. A state that held already is not carried out. */
  applied: boolean;
  /** The first answer to this idempotency key was repeated. */
  replayed: boolean;
  /** An answer with this status and a sound body went out in full to a caller who was still there. */
  delivered: boolean;
  /** The answer was a fault rule's, not the platform's own. */
  madeUp?: boolean;
  /** Names of the fault rules that took part. */
  fault?: string;
  etag?: string;
  before?: AgentSnapshot;
  after?: AgentSnapshot;
  /** Ids answered by `listSkills` and `getSkill`. */
  skillIds?: string[];
  /** As sent. */
  retryAfter?: string;
  flags?: Flag[];
}

/** What the caller of {@link Ledger.open} knows at arrival. */
export type EntryStart = Pick<LedgerEntry, 'actor' | 'operation'> & Partial<LedgerEntry>;

/** Every request with the state before and after, in memory and, if wanted, as JSON lines in a file. */
export class Ledger {
  readonly entries: LedgerEntry[] = [];
  readonly #file: number | undefined;
  readonly #watchers = new Set<(entry: LedgerEntry) => void>();
  #orders = 0;
  #closed = false;

  constructor(file?: string) {
    this.#file = file === undefined ? undefined : openSync(file, 'a');
  }

  open(start: EntryStart): LedgerEntry {
    const entry: LedgerEntry = {
      arrivedAt: Date.now(),
      arrivedMono: performance.now(),
      applied: false,
      replayed: false,
      delivered: false,
      ...start,
      seq: this.entries.length + 1,
    };
    this.entries.push(entry);
    return entry;
  }

  /** Marks the moment in which a request meets the state. */
  processed(entry: LedgerEntry): void {
    entry.order = ++this.#orders;
    entry.processedMono = performance.now();
  }

  /** Writes an effect down before its answer is under way, so that a killed simulator has not forgotten it. */
  effect(entry: LedgerEntry): void {
    if (entry.applied) this.#write(entry);
  }

  /** Completes an entry. `answeredMono` is when the answer was handed over; now if not given. */
  close(entry: LedgerEntry, answeredMono: number = performance.now()): void {
    if (entry.answeredAt !== undefined) return;
    entry.answeredAt = Math.round(Date.now() - (performance.now() - answeredMono));
    entry.answeredMono = answeredMono;
    this.#write(entry);
    for (const watcher of this.#watchers) watcher(entry);
  }

  /** The first complete entry that fits, past or future. */
  waitFor(predicate: (entry: LedgerEntry) => boolean): Promise<LedgerEntry> {
    const past = this.entries.find((entry) => entry.answeredAt !== undefined && predicate(entry));
    if (past !== undefined) return Promise.resolve(past);
    return new Promise((resolve) => {
      const watcher = (entry: LedgerEntry): void => {
        if (!predicate(entry)) return;
        this.#watchers.delete(watcher);
        resolve(entry);
      };
      this.#watchers.add(watcher);
    });
  }

  closeFile(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#file !== undefined) closeSync(this.#file);
  }

  #write(entry: LedgerEntry): void {
    if (this.#file !== undefined && !this.#closed) writeSync(this.#file, `${JSON.stringify(entry)}\n`);
  }
}

/** Reads a ledger written as JSON lines. Of several lines about one entry the last counts; a torn last line is left out. */
export function readLedgerFile(file: string): LedgerEntry[] {
  const entries = new Map<number, LedgerEntry>();
  for (const line of readFileSync(file, 'utf8').split('\n').slice(0, -1)) {
    const entry = JSON.parse(line) as LedgerEntry;
    entries.set(entry.seq, entry);
  }
  return [...entries.values()].sort((a, b) => a.seq - b.seq);
}
