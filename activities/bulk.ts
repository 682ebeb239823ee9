import { Context } from '@temporalio/activity';
import { FAILURE } from '../domain/failure-types.ts';
import type { BatchAnswer, BulkActivities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { failure } from './failure.ts';

/** Requests that are handed over at once. */
const ABREAST = 8;
/**
 * What is submitted while so long a queue waits for its turn would only wait there, and others would wait behind it.
 * It goes on early enough for the queue never to run dry.
 */
const LONGEST_QUEUE_MS = 10_000;
const SHORTEST_QUEUE_MS = 5_000;

/** Requests of a bulk to the runs of many agents. */
export function createBulkActivities(deps: ActivityDeps): BulkActivities {
  return {
    async submitRequests({ tenantId, notifyWorkflowId, requests }) {
      const pace = deps.paceFor(tenantId);
      const answers: BatchAnswer[] = [];
      for (let next = 0; next < requests.length; next += ABREAST) {
        const queueMs = await pace.backlogMs();
        if (queueMs > LONGEST_QUEUE_MS) return { answers, retryAfterMs: Math.ceil(queueMs - SHORTEST_QUEUE_MS) };
        const taken = await inTurn(requests.slice(next, next + ABREAST), async ({ line: _line, ...request }) =>
          deps.submitRequest({ ...request, tenantId, notifyWorkflowId }),
        );
        answers.push(...taken.map((answer) => answer ?? LATER));
      }
      return { answers, retryAfterMs: 0 };
    },

    async cancelRequests({ tenantId, requests, by, note }) {
      const answers = await inTurn(requests, (key) => deps.cancelRequest({ tenantId, ...key, by, note }));
      return answers.map((answer) => answer ?? 'later');
    },

    async lookUpRequests({ tenantId, requests }) {
      const answers = await inTurn(requests, (key) => deps.lookUpRequest({ tenantId, ...key }));
      return answers.map((answer) => answer ?? { kind: 'open' });
    },
  };
}

const LATER: BatchAnswer = {
  kind: 'later',
  problem: {
    code: 'not-accepted',
    message: "The agent's run did not take the request. Repeat it with the same id: it never takes effect twice.",
  },
};

/** So often it is not held against the items if none of them could be handed over. */
const PATIENCE = 3;

/** Asks for each item, some at once; what failed is undefined. Fails itself where all of them did, but not for ever. */
async function inTurn<Item, Answer>(
  items: readonly Item[],
  ask: (item: Item) => Promise<Answer>,
): Promise<(Answer | undefined)[]> {
  const answers: (Answer | undefined)[] = [];
  for (let next = 0; next < items.length; next += ABREAST) {
    const settled = await Promise.allSettled(items.slice(next, next + ABREAST).map(ask));
    answers.push(...settled.map((one) => (one.status === 'fulfilled' ? one.value : undefined)));
    Context.current().heartbeat();
  }
  const { info } = Context.current();
  if (info.attempt <= PATIENCE && items.length > 0 && answers.every((answer) => answer === undefined)) {
    throw failure(FAILURE.notHandedOver, 'none of the requests could be handed over or looked up');
  }
  return answers;
}
