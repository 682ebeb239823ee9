import { constants, setPriority } from 'node:os';
import { runInNewContext } from 'node:vm';
import type { Parsed } from '../domain/field-problem.ts';
import type { Boundaries } from './boundaries.ts';
import { expand, type FeedContent } from './expand.ts';

/** Two hundred shifts that have recurred for six years take about a second. */
const LIMIT_MS = 20_000;

// A content that is refused is tried again at every reading; that must not slow the worker down.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
// Whoever started this may die meanwhile, so the limit is kept here.
process.once('message', (content: FeedContent) => {
  process.send?.(
    within(() => expand(content)),
    () => process.disconnect(),
  );
});

function within(work: () => Parsed<'boundaries', Boundaries>): Parsed<'boundaries', Boundaries> {
  try {
    return runInNewContext('work()', { work }, { timeout: LIMIT_MS }) as ReturnType<typeof work>;
  } catch {
    const message = 'takes too long to expand; look for a recurrence that never comes true';
    return { ok: false, problems: [{ path: '', message }] };
  }
}
