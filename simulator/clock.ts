/**
 * The simulator's time: the source's durations times the scale, timers that end with the simulator, and a monotonic
 * clock in milliseconds.
 */
export class Clock {
  readonly timeScale: number;
  readonly #timers = new Map<NodeJS.Timeout, () => void>();

  constructor(timeScale: number) {
    if (!(timeScale > 0)) throw new RangeError('timeScale must be greater than 0');
    this.timeScale = timeScale;
  }

  /** Milliseconds a duration of the source takes here. */
  scaled(seconds: number): number {
    return seconds * 1000 * this.timeScale;
  }

  /** Monotonic milliseconds. */
  now(): number {
    return performance.now();
  }

  /** Runs `run` after `ms` real milliseconds. The returned function cancels it. */
  after(ms: number, run: () => void): () => void {
    return this.#schedule(ms, run, () => undefined);
  }

  /** Resolves after `ms` real milliseconds, or at once when the clock is closed. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#schedule(ms, resolve, resolve);
    });
  }

  /** Cancels every timer; whoever sleeps is woken. */
  close(): void {
    for (const [timer, onClose] of this.#timers) {
      clearTimeout(timer);
      onClose();
    }
    this.#timers.clear();
  }

  #schedule(ms: number, run: () => void, onClose: () => void): () => void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    this.#timers.set(timer, onClose);
    return () => {
      clearTimeout(timer);
      this.#timers.delete(timer);
    };
  }
}
