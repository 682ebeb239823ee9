/** How often each kind of fault happened, and how often it must have. */
export interface Counted {
  kind: string;
  count: number;
  atLeast: number;
}

/** Counts what went wrong on purpose. */
export class Tally {
  readonly #kinds = new Map<string, Counted>();

  expect(kind: string, atLeast: number): void {
    this.#kinds.set(kind, { kind, count: 0, atLeast });
  }

  /** Throws for a kind that nobody expects: it would have no minimum. */
  add(kind: string): void {
    const counted = this.#kinds.get(kind);
    if (counted === undefined) throw new TypeError(`no minimum is stated for ${kind}`);
    counted.count += 1;
  }

  get counts(): Counted[] {
    return [...this.#kinds.values()];
  }

  get tooFew(): Counted[] {
    return this.counts.filter(({ count, atLeast }) => count < atLeast);
  }
}
