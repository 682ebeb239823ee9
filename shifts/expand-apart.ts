import { Worker } from 'node:worker_threads';
import { describeProblems, type Parsed } from '../domain/field-problem.ts';
import type { Boundaries } from './boundaries.ts';
import type { FeedContent } from './expand.ts';
import { FeedError } from './feed-error.ts';

/** A year's calendar of a large team takes well under a second. */
const LIMIT_MS = 10_000;
const LIMIT_MB = 256;
const MAX_PROBLEMS = 5;

/**
 * Expands a feed's content in a thread of its own: a large calendar must not hold up this process while an agent is out
 * of the queue, nor a rule that never comes true for ever. Throws a {@link FeedError}.
 */
export async function expandApart(content: FeedContent, signal: AbortSignal): Promise<Boundaries> {
  signal.throwIfAborted();
  const thread = new Worker(builtThread(), {
    workerData: content,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: LIMIT_MB },
  });
  try {
    const read = await answerOf(thread, AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]));
    if (read.ok) return read.boundaries;
    const { length } = read.problems;
    const more = length > MAX_PROBLEMS ? `; and ${length - MAX_PROBLEMS} more` : '';
    throw new FeedError(`is not usable: ${describeProblems(read.problems.slice(0, MAX_PROBLEMS))}${more}`);
  } finally {
    await thread.terminate();
  }
}

/** Seen from the sources or from what is built of them: a thread of Node 20 can't be started from TypeScript. */
function builtThread(): URL {
  const folder = import.meta.url.endsWith('.ts') ? '../dist/shifts/' : './';
  return new URL(`${folder}expand-thread.js`, import.meta.url);
}

function answerOf(thread: Worker, signal: AbortSignal): Promise<Parsed<'boundaries', Boundaries>> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => () => {
      reject(new FeedError(why));
    };
    thread.once('message', resolve);
    thread.once('error', (error: NodeJS.ErrnoException) => {
      fail(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'takes too much memory to expand' : 'could not be read')();
    });
    thread.once('exit', fail('could not be read'));
    signal.addEventListener('abort', fail('takes too long to expand; look for a recurrence that never comes true'), {
      once: true,
    });
  });
}
