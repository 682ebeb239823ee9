const PARENT_CHECK_MS = 1_000;
/** Ctrl-C arrives twice under npm: from the terminal, and passed on by npm. */
const SAME_SIGNAL_MS = 500;

/**
 * Resolves on SIGINT, SIGTERM or SIGHUP, or when the `npm` that runs us is gone. A second signal ends the process at
 * once; what it started ends with it.
 */
export function whenToldToStop(): Promise<void> {
  return new Promise((resolve) => {
    let toldAt: number | undefined;
    const stop = (): void => {
      toldAt ??= performance.now();
      if (performance.now() - toldAt > SAME_SIGNAL_MS) process.exit(130);
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
    if (process.env['npm_lifecycle_event'] !== undefined) onParentGone(resolve);
  });
}

function onParentGone(stop: () => void): void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop();
  }, PARENT_CHECK_MS);
  watch.unref();
}
