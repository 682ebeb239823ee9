import type { Client } from 'pg';
import { SEALER_METRICS } from '../../domain/metric-names.ts';
import type { Metric } from '../../service/metrics-page.ts';
import type { SigningKey } from './checkpoint.ts';
import { latestCheckpointAt, makeCheckpoints } from './make-checkpoints.ts';
import { sealBatch } from './sealer.ts';
import { readUnsealedTail, type UnsealedTail } from './unsealed.ts';

export interface SealingServiceOptions {
  /** A new session; the one before is ended or broken. */
  connect: () => Promise<Client>;
  /** Undefined: no checkpoints are made. */
  checkpoints: { place: string; key: SigningKey } | undefined;
  checkpointIntervalMs: number;
  sealIntervalMs: number;
  /**
   * Counts the writes that were announced a while ago and have no outcome. Asked now and then, beside the sealing; to be
   * over within minutes.
   */
  countOpenIntents: () => Promise<number>;
  /** Told what a person should know. */
  log: (level: 'info' | 'warn' | 'error', message: string, facts?: Record<string, unknown>) => void;
}

export interface SealingService {
  /** Works until `signal` aborts, and then ends what is under way. Answers how many records it has sealed. */
  run(signal: AbortSignal): Promise<number>;
  /** Throws why nothing is sealed now. */
  check(): void;
  metrics(): Metric[];
}

/** It reads every intent that is kept: seldom. */
const COUNT_OPEN_EVERY_MS = 300_000;
/** After a failure the next try comes no later than this. */
const LONGEST_PAUSE_MS = 30_000;
/** A round that takes longer hangs: on a lock, or a server that went away without a word. */
const LONGEST_ROUND_MS = 120_000;
/** Whoever stops the sealer does not wait any longer for a number. */
const LONGEST_LAST_COUNT_MS = 3_000;

/**
 * Seals records as they come, and makes checkpoints. Whatever fails is tried again with a new session. Several may run:
 * one works at a time, and takes over from another at any moment.
 */
export function createSealingService(options: SealingServiceOptions): SealingService {
  const { connect, checkpoints, checkpointIntervalMs, sealIntervalMs, countOpenIntents, log } = options;
  let client: Client | undefined;
  let sealed = 0;
  let failures = 0;
  let failure: string | undefined = 'starting';
  let lastRoundAt = performance.now();
  let checkpointsDueAt = 0;
  let tail: UnsealedTail | undefined;
  let lastCheckpointAt: number | undefined;
  let openIntents: number | undefined;
  let counting: Promise<void> | undefined;
  let countDueAt = 0;

  async function round(signal: AbortSignal): Promise<void> {
    client ??= await connect();
    let more = true;
    while (more && !signal.aborted) {
      const batch = await sealBatch(client);
      sealed += batch.sealed;
      more = batch.more;
      lastRoundAt = performance.now();
    }
    if (checkpoints !== undefined && performance.now() >= checkpointsDueAt) {
      const made = await makeCheckpoints(client, checkpoints.place, checkpoints.key);
      checkpointsDueAt = performance.now() + checkpointIntervalMs;
      if (made.length > 0) log('info', 'made checkpoints', { checkpoints: made.length, place: checkpoints.place });
    }
    tail = await readUnsealedTail(client);
    lastCheckpointAt = await latestCheckpointAt(client);
  }

  function countOpen(): void {
    if (counting !== undefined || performance.now() < countDueAt) return;
    countDueAt = performance.now() + COUNT_OPEN_EVERY_MS;
    counting = countOpenIntents()
      .then((count) => {
        openIntents = count;
      })
      .catch((error: unknown) => {
        openIntents = undefined;
        log('warn', 'could not count the writes without an outcome', { reason: reasonOf(error) });
      })
      .finally(() => {
        counting = undefined;
      });
  }

  async function attempt(signal: AbortSignal): Promise<void> {
    try {
      await round(signal);
      if (failures > 0) log('info', 'sealing again');
      failures = 0;
      failure = undefined;
      lastRoundAt = performance.now();
    } catch (error) {
      failures += 1;
      const reason = reasonOf(error);
      if (reason !== failure) log('error', 'nothing is sealed', { reason });
      failure = reason;
      tail = undefined;
      await disconnect();
    }
  }

  /** Why nothing is sealed now. */
  function trouble(): string | undefined {
    if (failure !== undefined) return failure;
    return performance.now() - lastRoundAt > LONGEST_ROUND_MS ? 'no round has ended for two minutes' : undefined;
  }

  async function disconnect(): Promise<void> {
    const ending = client;
    client = undefined;
    await ending?.end().catch(() => undefined);
  }

  return {
    async run(signal) {
      while (!signal.aborted) {
        await attempt(signal);
        countOpen();
        await pause(failures === 0 ? sealIntervalMs : Math.min(LONGEST_PAUSE_MS, 500 * 2 ** failures), signal);
      }
      const counted = new AbortController();
      await Promise.race([counting, pause(LONGEST_LAST_COUNT_MS, counted.signal)]);
      counted.abort();
      await disconnect();
      return sealed;
    },
    check() {
      const why = trouble();
      if (why !== undefined) throw new Error(why);
    },
    metrics() {
      // What the last round has seen is not what is there when it was too long ago.
      const isUp = trouble() === undefined;
      const seen = isUp ? tail : undefined;
      return [
        { ...SEALER_METRICS.sealed, type: 'counter', value: sealed },
        { ...SEALER_METRICS.unsealed, type: 'gauge', value: seen?.records },
        { ...SEALER_METRICS.unsealedAge, type: 'gauge', value: seen?.ageSeconds },
        { ...SEALER_METRICS.lastCheckpoint, type: 'gauge', value: toSeconds(lastCheckpointAt) },
        { ...SEALER_METRICS.openIntents, type: 'gauge', value: openIntents },
        { ...SEALER_METRICS.up, type: 'gauge', value: isUp ? 1 : 0 },
      ];
    },
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : 'no answer';
}

function toSeconds(millis: number | undefined): number | undefined {
  return millis === undefined ? undefined : millis / 1000;
}

function pause(lengthMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, lengthMs);
    signal.addEventListener('abort', end);
  });
}
