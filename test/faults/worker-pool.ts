import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, existsSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LedgerEntry, Simulator } from '../../simulator/index.ts';
import { seededRandom } from '../../simulator/random.ts';
import { programEnvironment } from '../support/program.ts';
import { sizeOf, type CampaignOptions } from './options.ts';
import type { Tally } from './tally.ts';

const PROGRAM = fileURLToPath(new URL('mortal-worker.mjs', import.meta.url));
/** With those that die at a named point one dies every five seconds or sooner; others are paused and stopped in order. */
const KILL_EVERY_MS = 6_000;
/** What a large campaign has to reach on average. */
const SECONDS_PER_KILL = 5;
const DIE_IN_AUDIT_EVERY_MS = 20_000;
const PAUSE_EVERY_MS = 12_000;
const STOP_EVERY_MS = 25_000;
/** Longer than a heartbeat may be missing at times, and shorter at others. */
const LONGEST_PAUSE_MS = 6_000;

const AFTER_NOTAVAILABLE = 'killed after NOTAVAILABLE';
const BETWEEN_PATCH_AND_ANSWER = 'killed between PATCH and its answer';
const DURING_AUDIT = 'killed during audit';

/** Where a worker dies that has not heard the platform's answer yet. */
const NAMED_POINTS = [
  {
    on: 'patchState',
    kind: AFTER_NOTAVAILABLE,
    chance: 0.008,
    isPoint: ({ body }: LedgerEntry) => (body as { state?: unknown } | undefined)?.state === 'NOTAVAILABLE',
  },
  { on: 'patchAgent', kind: BETWEEN_PATCH_AND_ANSWER, chance: 0.004, isPoint: () => true },
] as const;
/** A small campaign is over before chance has had its turn. */
const FOR_CERTAIN: readonly number[] = [4, 12];

/** Worker processes that come back whenever they die. */
export interface WorkerPool {
  /** From now on they are killed, paused and stopped. */
  harass(): void;
  /** From now on they are left alone. */
  spare(): void;
  /** Deaths that were not of our doing, and too few that were. */
  problems(): string[];
  close(): Promise<void>;
}

/** Starts the workers of a build; each of them logs into `folder`. */
export function startWorkerPool(
  build: string,
  env: Record<string, string>,
  folder: string,
  options: CampaignOptions,
  tally: Tally,
): WorkerPool & { killAtNamedPoints(simulator: Simulator): void } {
  const random = seededRandom(options.seed, 'workers');
  const log = createWriteStream(join(folder, 'workers.log'), { flags: 'a' });
  const deaths = join(folder, 'dies-in-audit');
  const living = new Set<ChildProcess>();
  const timers = new Set<NodeJS.Timeout>();
  const unexpected: string[] = [];
  let kills = 0;
  let harassedSince = 0;
  let harassedMs = 0;
  let closing = false;
  let harassing = false;
  let armed = false;

  const dieInAudit = (): void => {
    writeFileSync(deaths, '');
    armed = true;
  };
  const start = (): void => {
    const child = spawn(process.execPath, [PROGRAM, build, deaths], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: programEnvironment(env),
    });
    living.add(child);
    child.stderr.pipe(log, { end: false });
    child.once('exit', (_code, byWhat) => {
      living.delete(child);
      if (armed && !existsSync(deaths)) {
        armed = false;
        kills += 1;
        tally.add(DURING_AUDIT);
      }
      // One that can't reach Temporal for long, or at its start, ends in order with a code.
      if (byWhat !== null && byWhat !== 'SIGKILL' && byWhat !== 'SIGTERM')
        unexpected.push(`a worker has died of ${byWhat}; see workers.log`);
      if (!closing) start();
    });
  };
  const signal = (child: ChildProcess, name: NodeJS.Signals, kind: string): void => {
    if (!child.kill(name)) return;
    tally.add(kind);
    if (name === 'SIGKILL') kills += 1;
  };
  const anyOfThem = (): ChildProcess | undefined => [...living][Math.floor(random() * living.size)];
  const every = (ms: number, act: (child: ChildProcess) => void): void => {
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        if (!harassing) return;
        const child = anyOfThem();
        if (child !== undefined) act(child);
        every(ms, act);
      },
      -Math.log(1 - random()) * ms,
    );
    timers.add(timer);
  };
  const kinds = [
    'killed at random',
    'paused',
    'stopped in order',
    AFTER_NOTAVAILABLE,
    BETWEEN_PATCH_AND_ANSWER,
    DURING_AUDIT,
  ];
  for (const kind of kinds) tally.expect(kind, Math.max(1, Math.floor(options.requests / 500)));
  for (let index = 0; index < options.workers; index += 1) start();

  return {
    harass() {
      harassing = true;
      harassedSince = performance.now();
      every(KILL_EVERY_MS, (child) => signal(child, 'SIGKILL', 'killed at random'));
      every(STOP_EVERY_MS, (child) => signal(child, 'SIGTERM', 'stopped in order'));
      every(PAUSE_EVERY_MS, (child) => {
        signal(child, 'SIGSTOP', 'paused');
        setTimeout(() => child.kill('SIGCONT'), random() * LONGEST_PAUSE_MS);
      });
      every(DIE_IN_AUDIT_EVERY_MS, dieInAudit);
      // A small campaign is over before chance has had its turn.
      const [first, second, third] = [...living];
      if (first !== undefined) signal(first, 'SIGKILL', 'killed at random');
      if (second !== undefined) signal(second, 'SIGTERM', 'stopped in order');
      if (third !== undefined) {
        signal(third, 'SIGSTOP', 'paused');
        setTimeout(() => third.kill('SIGCONT'), LONGEST_PAUSE_MS / 2);
      }
      dieInAudit();
    },
    killAtNamedPoints(simulator) {
      for (const { on, kind, chance, isPoint } of NAMED_POINTS) {
        let seen = 0;
        let owed = 0;
        const run = (entry: LedgerEntry): void => {
          if (!isPoint(entry)) return;
          seen += 1;
          if (FOR_CERTAIN.includes(seen) || random() < chance) owed += 1;
          const child = [...living].find(({ pid }) => entry.userAgent?.includes(`-${pid}-`) === true);
          if (owed === 0 || child === undefined || !harassing) return;
          owed -= 1;
          signal(child, 'SIGKILL', kind);
        };
        simulator.addFault({ name: kind, on, do: { kind: 'call', when: 'after', run } });
      }
    },
    spare() {
      if (harassing) harassedMs = performance.now() - harassedSince;
      harassing = false;
      for (const timer of timers) clearTimeout(timer);
      for (const child of living) child.kill('SIGCONT');
    },
    problems() {
      const seconds = harassedMs / 1000 / Math.max(kills, 1);
      const isRare = sizeOf(options) === 'large' && seconds > SECONDS_PER_KILL;
      return [...unexpected, ...(isRare ? [`a worker was killed every ${seconds.toFixed(1)} s only`] : [])];
    },
    async close() {
      closing = true;
      this.spare();
      const ended = [...living].map((child) => once(child, 'exit'));
      for (const child of living) child.kill('SIGKILL');
      await Promise.all(ended);
      log.end();
    },
  };
}
