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

/** After a failure the next try comes no later than this. */
const LONGEST_PAUSE_MS = 30_000;
/** A round that takes longer hangs: on a lock, or a server that went away without a word. */
const LONGEST_ROUND_MS = 120_000;

/**
 * Seals records as they come, and makes checkpoints. Whatever fails is tried again with a new session. Several may run:
 * one works at a time, and takes over from another at any moment.
 */
export function createSealingService(options: SealingServiceOptions): SealingService {
  const { connect, checkpoints, checkpointIntervalMs, sealIntervalMs, log } = options;
  let client: Client | undefined;
  let sealed = 0;
  let failures = 0;
  let failure: string | undefined = 'starting';
  let lastRoundAt = performance.now();
  let checkpointsDueAt = 0;
  let tail: UnsealedTail | undefined;
  let lastCheckpointAt: number | undefined;

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

  async function attempt(signal: AbortSignal): Promise<void> {
    try {
      await round(signal);
      if (failures > 0) log('info', 'sealing again');
      failures = 0;
      failure = undefined;
      lastRoundAt = performance.now();
    } catch (error) {
      failures += 1;
      const reason = error instanceof Error && error.message !== '' ? error.message : 'no answer';
      if (reason !== failure) log('error', 'nothing is sealed', { reason });
      failure = reason;
      tail = undefined;
      await disconnect();
    }
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
        await pause(failures === 0 ? sealIntervalMs : Math.min(LONGEST_PAUSE_MS, 500 * 2 ** failures), signal);
      }
      await disconnect();
      return sealed;
    },
    check() {
      if (failure !== undefined) throw new Error(failure);
      if (performance.now() - lastRoundAt > LONGEST_ROUND_MS) throw new Error('no round has ended for two minutes');
    },
    metrics: () => [
      { ...SEALER_METRICS.sealed, type: 'counter', value: sealed },
      { ...SEALER_METRICS.unsealed, type: 'gauge', value: tail?.records },
      { ...SEALER_METRICS.unsealedAge, type: 'gauge', value: tail?.ageSeconds },
      { ...SEALER_METRICS.lastCheckpoint, type: 'gauge', value: toSeconds(lastCheckpointAt) },
      { ...SEALER_METRICS.up, type: 'gauge', value: failure === undefined ? 1 : 0 },
    ],
  };
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
