import { setMaxListeners } from 'node:events';

/** A loaded value and the monotonic time at which its load began, before anything was sent. */
export interface Loaded<T> {
  value: T;
  startedAt: number;
}

/**
 * One value that many callers want: at most one load is in flight, its result is kept while it is fresh, a failure is
 * never kept. The load belongs to nobody: a caller who stops waiting doesn't end it for the others.
 */
export interface SharedLoad<T> {
  /** The kept value, the result of the load in flight, or of a new one. None that began before `notBefore` is used. */
  get(load: () => Promise<T>, notBefore?: number): Promise<Loaded<T>>;
  /** Drops the kept value, if it is this one. */
  forget(value: T): void;
}

interface Freshness<T> {
  /** Age in milliseconds, from the beginning of the load, from which neither a value nor a load in flight is used. */
  maxAgeMs?: number;
  isFresh?: (value: T) => boolean;
}

/** `monotonicNow` counts milliseconds and never goes back. */
export function createSharedLoad<T>(monotonicNow: () => number, freshness: Freshness<T>): SharedLoad<T> {
  const { maxAgeMs = Infinity, isFresh = () => true } = freshness;
  let kept: Loaded<T> | undefined;
  let inFlight: { startedAt: number; promise: Promise<Loaded<T>> } | undefined;

  return {
    get(load, notBefore = -Infinity) {
      const now = monotonicNow();
      const isYoung = (startedAt: number) => startedAt >= notBefore && now - startedAt < maxAgeMs;
      if (kept !== undefined && isYoung(kept.startedAt) && isFresh(kept.value)) return Promise.resolve(kept);
      if (inFlight !== undefined && isYoung(inFlight.startedAt)) return inFlight.promise;

      const keep = async () => {
        try {
          const loaded = { value: await load(), startedAt: now };
          // An older load that was overtaken must not replace what a younger one brought.
          if (kept === undefined || kept.startedAt <= now) kept = loaded;
          return loaded;
        } finally {
          if (inFlight === flight) inFlight = undefined;
        }
      };
      const flight = { startedAt: now, promise: keep() };
      inFlight = flight;
      return flight.promise;
    },
    forget(value) {
      if (kept?.value === value) kept = undefined;
    },
  };
}

/**
 * Waits for a load that others may share. Only the waiting ends when `signal` aborts, with `onAbort()` as the error. A
 * signal that has aborted already is the caller's to look at, before it starts a load.
 */
export function waitFor<T>(load: Promise<T>, signal: AbortSignal | undefined, onAbort: () => Error): Promise<T> {
  if (signal === undefined) return load;
  // One activity may wait for the levels of fifty skills at once; each listener goes with its wait.
  setMaxListeners(0, signal);
  return new Promise((resolve, reject) => {
    const stop = () => {
      reject(onAbort());
    };
    signal.addEventListener('abort', stop, { once: true });
    void load.then(resolve, reject).then(() => {
      signal.removeEventListener('abort', stop);
    });
  });
}
