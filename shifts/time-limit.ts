/** What a limit answers, and how to be done with it. */
export interface TimeLimit {
  /** Aborted when the time is over, or the given signal is. */
  signal: AbortSignal;
  isOver(): boolean;
  release(): void;
}

/** A signal that also aborts after `ms`. Node 20 may collect what `AbortSignal.any` and `timeout` make before it fires. */
export function timeLimit(ms: number, given: AbortSignal): TimeLimit {
  const controller = new AbortController();
  let over = false;
  const abort = (): void => controller.abort();
  const timer = setTimeout(() => {
    over = true;
    abort();
  }, ms);
  given.addEventListener('abort', abort, { once: true });
  if (given.aborted) abort();
  return {
    signal: controller.signal,
    isOver: () => over,
    release() {
      clearTimeout(timer);
      given.removeEventListener('abort', abort);
    },
  };
}
