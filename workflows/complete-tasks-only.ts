import { workflowInfo, type WorkflowInterceptors } from '@temporalio/workflow';
import { ASKED_TOO_EARLY } from './provision-skill.messages.ts';

/** The part of its time after which a task is carried out late: by then its worker is overloaded, or it is another's. */
const LATE_PART = 1 / 4;

/** How the SDK names a query that comes by itself; those that come with a task have ids of their own. */
const QUERY_WITHOUT_TASK = 'legacy_query';

/**
 * Refuses what a query brought that came before its workflow task. With SDK 1.24 a query that reaches a worker which
 * does not have the run in its cache carries what has happened since the last task: the run would go on there and then,
 * by the clock of that last task, or of an attempt that was lost, and before the messages that belong to the next one.
 * The query fails, to be made again; the worker forgets the run, and the events come with their task.
 * (docs/decisions/0014-clock-and-queries.md)
 */
export const interceptors = (): WorkflowInterceptors => {
  let length = 0;
  let size = 0;
  let isLate = false;
  return {
    internals: [
      {
        activate(input, next) {
          const { historyLength, historySize, taskTimeoutMs, unsafe } = workflowInfo();
          if (input.activation.jobs?.some((job) => job.queryWorkflow?.queryId === QUERY_WITHOUT_TASK) === true) {
            if (isLate) refuse();
          } else {
            // The server says the size with the start of each task; a history that grew without it has no such start.
            if (historySize > 0 && historySize === size && historyLength > length) refuse();
            // The start of an attempt that was lost says a size, too, but it is old.
            isLate = !unsafe.isReplaying && unsafe.now() - Date.now() > taskTimeoutMs * LATE_PART;
          }
          length = historyLength;
          size = historySize;
          next(input);
        },
      },
    ],
  };
};

function refuse(): never {
  // By this name its message is readable where failures are encrypted (payloads/failure-converter.cjs).
  throw Object.assign(new Error(ASKED_TOO_EARLY), { name: 'AskedTooEarlyError' });
}
