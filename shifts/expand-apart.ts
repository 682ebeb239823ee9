import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describeProblems, type Parsed } from '../domain/field-problem.ts';
import type { Boundaries } from './boundaries.ts';
import type { FeedContent } from './expand.ts';
import { FeedError } from './feed-error.ts';

const LIMIT_MB = 256;
const MAX_PROBLEMS = 5;

/**
 * Expands a feed's content in a process of its own: a large calendar must not hold up this one while an agent is out of
 * the queue, nor a rule that never comes true for ever, nor may either take its memory. Throws a {@link FeedError}.
 */
export async function expandApart(content: FeedContent, signal: AbortSignal): Promise<Boundaries> {
  const read = await answerOf(content, signal);
  if (read?.ok === true) return read.boundaries;
  const problems = read?.problems ?? [{ path: '', message: 'takes more memory or time than it may' }];
  const more = problems.length > MAX_PROBLEMS ? `; and ${problems.length - MAX_PROBLEMS} more` : '';
  throw new FeedError(`is not usable: ${describeProblems(problems.slice(0, MAX_PROBLEMS))}${more}`);
}

/** Nothing if the process ended without an answer. */
async function answerOf(
  content: FeedContent,
  signal: AbortSignal,
): Promise<Parsed<'boundaries', Boundaries> | undefined> {
  const child = fork(builtProgram(), {
    serialization: 'advanced',
    execArgv: [`--max-old-space-size=${LIMIT_MB}`],
    // It needs none of our settings, and must not see our secrets.
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    killSignal: 'SIGKILL',
    signal,
  });
  let answer: Parsed<'boundaries', Boundaries> | undefined;
  child.once('message', (message) => {
    answer = message as typeof answer;
  });
  // A failure to send is followed by its end.
  child.send(content, () => undefined);
  await once(child, 'close');
  return answer;
}

/** Seen from the sources or from what is built of them. */
function builtProgram(): string {
  const folder = import.meta.url.endsWith('.ts') ? '../dist/shifts/' : './';
  return fileURLToPath(new URL(`${folder}expand-process.js`, import.meta.url));
}
