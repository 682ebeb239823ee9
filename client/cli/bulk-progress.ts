import type { SingleBar } from 'cli-progress';
import ms from 'ms';
import type { BulkProgress } from '../bulk.ts';
import { countsText } from './bulk-render.ts';
import type { CliStream } from './main.ts';

/** What shows how far a bulk has come, until it is stopped. */
export interface BulkProgressView {
  update(progress: BulkProgress): void;
  stop(): void;
}

/** In a log, so often at least. */
const LINE_EVERY_MS = 30_000;

/** A live bar on a terminal, a line now and then elsewhere; on stderr. */
export async function createBulkProgress(stderr: CliStream): Promise<BulkProgressView> {
  if (stderr.isTTY !== true) return createLines(stderr);
  const { default: progress } = await import('cli-progress');
  return createBar(
    new progress.SingleBar({
      stream: stderr as unknown as NodeJS.WritableStream,
      format: '{bar} {value}/{total}  {pace}  {counts}',
      barsize: 30,
      barCompleteChar: '\u2588',
      barIncompleteChar: '\u2591',
      clearOnComplete: true,
      hideCursor: true,
      gracefulExit: false,
    }),
  );
}

function createBar(bar: SingleBar): BulkProgressView {
  let started = false;
  return {
    update: (progress) => {
      const payload = { pace: paceText(progress), counts: countsText(progress.counts) };
      if (!started) bar.start(progress.requests, progress.settled, payload);
      else bar.update(progress.settled, payload);
      started = true;
    },
    stop: () => bar.stop(),
  };
}

function createLines(stderr: CliStream): BulkProgressView {
  let lastTenth = -1;
  let lastState = '';
  let lastAt = 0;
  return {
    update: (progress) => {
      const { settled, requests, state } = progress;
      const tenth = Math.floor((10 * settled) / Math.max(requests, 1));
      if (tenth === lastTenth && state === lastState && Date.now() - lastAt < LINE_EVERY_MS) return;
      lastTenth = tenth;
      lastState = state;
      lastAt = Date.now();
      stderr.write(`${settled} of ${requests} settled, ${paceText(progress)}, ${countsText(progress.counts)}\n`);
    },
    stop: () => undefined,
  };
}

/** `running, 240/min, 8m left` */
function paceText({ state, requests, settled, settledPerMinute }: BulkProgress): string {
  const left = (requests - settled) / settledPerMinute;
  const canTell = state === 'running' && Number.isFinite(left) && left > 0;
  return `${state}, ${settledPerMinute}/min${canTell ? `, ${ms(Math.ceil(left * 60) * 1_000)} left` : ''}`;
}
