/** The server lets ten updates of one run be in flight; another process may want some of them. */
const AT_ONCE = 8;
/** Then the server may judge for itself who has to come again. */
const LONGEST_WAIT_MS = 2_000;

/** Lets the callers of one process go to an agent's run in turn, instead of being turned away by the server. */
export interface Turns {
  /** Does `work` when fewer than eight are at work for `key`, or after two seconds. */
  inTurn<T>(key: string, work: () => Promise<T>): Promise<T>;
}

interface Lane {
  atWork: number;
  waiting: (() => void)[];
}

export function createTurns(): Turns {
  const lanes = new Map<string, Lane>();

  /** Whoever leaves hands the place over. */
  async function takePlace(lane: Lane): Promise<void> {
    if (lane.atWork >= AT_ONCE && (await isCalled(lane))) return;
    lane.atWork += 1;
  }

  function leave(key: string, lane: Lane): void {
    const call = lane.waiting.shift();
    if (call !== undefined) {
      call();
      return;
    }
    lane.atWork -= 1;
    if (lane.atWork === 0) lanes.delete(key);
  }

  return {
    async inTurn(key, work) {
      const lane = lanes.get(key) ?? { atWork: 0, waiting: [] };
      lanes.set(key, lane);
      await takePlace(lane);
      try {
        return await work();
      } finally {
        leave(key, lane);
      }
    },
  };
}

/** Waits for a place; false when it took too long. */
async function isCalled(lane: Lane): Promise<boolean> {
  return new Promise((resolve) => {
    const call = (): void => {
      clearTimeout(timer);
      resolve(true);
    };
    const timer = setTimeout(() => {
      lane.waiting.splice(lane.waiting.indexOf(call), 1);
      resolve(false);
    }, LONGEST_WAIT_MS);
    lane.waiting.push(call);
  });
}
