import { workflowInfo, type WorkflowInterceptors } from '@temporalio/workflow';
import { ASKED_TOO_EARLY } from './provision-skill.messages.ts';

/**
 * Refuses events that came without the start of their workflow task. With SDK 1.24 a query that reaches a worker which
 * does not have the run in its cache carries what has happened since the last task: the run would go on there and then,
 * by the clock of that last task, and before the messages that belong to the next one. The query fails, to be made
 * again, and the events come with their task. (docs/decisions/0014-clock-and-queries.md)
 */
export const interceptors = (): WorkflowInterceptors => {
  let length = 0;
  let size = 0;
  return {
    internals: [
      {
        activate(input, next) {
          // The server says the size with the start of each task; a history that grew without it has no such start.
          const { historyLength, historySize } = workflowInfo();
          if (historySize > 0 && historySize === size && historyLength > length) {
            // By this name its message is readable where failures are encrypted (payloads/failure-converter.cjs).
            throw Object.assign(new Error(ASKED_TOO_EARLY), { name: 'AskedTooEarlyError' });
          }
          length = historyLength;
          size = historySize;
          next(input);
        },
      },
    ],
  };
};
