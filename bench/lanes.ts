/**
 * Keeps `lanes` pieces of work going until the time is over; those under way then are finished and not counted.
 *
 * @param work is given a number that counts up from 0. What it throws ends everything.
 * @returns when each piece that counts ended, milliseconds since the start.
 */
export async function keepBusy(
  lanes: number,
  durationMs: number,
  work: (index: number) => Promise<void>,
): Promise<number[]> {
  const startedAt = performance.now();
  const ended: number[] = [];
  let next = 0;
  let failed = false;
  async function lane(): Promise<void> {
    while (!failed && performance.now() - startedAt < durationMs) {
      await work(next++);
      const at = performance.now() - startedAt;
      if (at <= durationMs) ended.push(at);
    }
  }
  const running = Array.from({ length: lanes }, async () => {
    try {
      await lane();
    } catch (error) {
      failed = true;
      throw error;
    }
  });
  await Promise.all(running);
  return ended;
}

/** Begins a piece of work every `intervalMs`, however long each takes, and waits for all of them. */
export async function keepPace(
  count: number,
  intervalMs: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  const startedAt = performance.now();
  const under: Promise<void>[] = [];
  for (let index = 0; index < count; index += 1) {
    const waitMs = startedAt + index * intervalMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    under.push(work(index));
  }
  await Promise.all(under);
}
