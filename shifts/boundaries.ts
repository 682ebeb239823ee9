/** When shifts begin and end, in unix milliseconds. */
export interface Boundaries {
  /** Of all the agents a feed is about. */
  everyone: number[];
  byAgent: Map<string, number[]>;
  /** The schedule is not known beyond. */
  validUntilMs?: number;
}

/** The part of time in which boundaries are wanted, in unix milliseconds. */
export interface TimeWindow {
  fromMs: number;
  toMs: number;
}

/** How far from a boundary a transition has to stay. */
export interface Margin {
  beforeMs: number;
  afterMs: number;
}

/** A boundary that is too near, and when the last that follows it closely is far enough behind. */
export interface NearBoundary {
  boundaryMs: number;
  clearAtMs: number;
}

/** The boundary that keeps a transition from starting now, if there is one. `boundaries` are sorted. */
export function nearBoundary(
  boundaries: readonly number[],
  nowMs: number,
  { beforeMs, afterMs }: Margin,
): NearBoundary | undefined {
  let near: NearBoundary | undefined;
  for (const boundaryMs of boundaries) {
    const atMs = near?.clearAtMs ?? nowMs;
    if (atMs <= boundaryMs - beforeMs) break;
    if (atMs < boundaryMs + afterMs)
      near = { boundaryMs: near?.boundaryMs ?? boundaryMs, clearAtMs: boundaryMs + afterMs };
  }
  return near;
}

export function isWithin({ fromMs, toMs }: TimeWindow, timeMs: number): boolean {
  return timeMs >= fromMs && timeMs <= toMs;
}

/** In order, each once. */
export function sorted(times: Iterable<number>): number[] {
  return [...new Set(times)].sort((one, other) => one - other);
}
