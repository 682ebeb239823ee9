import { setTimeout as delay } from 'node:timers/promises';
import {
  BulkClosedError,
  NotAcceptedError,
  TemporalUnreachableError,
  type BulkReportLine,
  type BulkRequest,
  type ProvisioningClient,
  type TemporaryView,
} from '../../client/index.ts';
import type { RequestOutcome } from '../../domain/outcome.ts';
import type { Simulator } from '../../simulator/index.ts';
import { seededRandom } from '../../simulator/random.ts';
import type { CampaignOptions } from './options.ts';
import { planChanges } from './plan.ts';
import type { Tally } from './tally.ts';
import { agentId, LENT_SKILL } from './world.ts';

/** What is done to many agents at once, or for a time, while faults happen. */
export interface Teams {
  agentIds: readonly string[];
  /** Resolves when all of it has ended, or waits for a person. */
  run(): Promise<void>;
  /** What its reports say that is not so. */
  judge(found: {
    outcomes: readonly RequestOutcome[];
    parked: readonly { requestId: string }[];
    /** Requests that runs were given. */
    taken: readonly { requestId: string }[];
  }): Promise<string[]>;
}

interface Lending {
  agentId: string;
  temporaryId: string;
}

const BULK = 'request of a bulk';
const CANCELLED_BULK = 'request of a bulk that is cancelled';
const LENT = 'skill lent';
const ON_A_PAGE = 100;
const CANCEL_AFTER_MS = 1_500;
const LENT_FOR = '3s';
/** Skills lent at once; all of them at once would be a crowd before the door and nothing after it. */
const LENDERS = 10;
const LOOK_MS = 500;
/** Longer than any trouble lasts. */
const PATIENCE_MS = 600_000;

export function createTeams(
  client: ProvisioningClient,
  simulator: Simulator,
  options: CampaignOptions,
  tally: Tally,
): Teams {
  const { seed, requests } = options;
  const random = seededRandom(seed, 'teams');
  const bulks = [
    { kind: BULK, bulkId: `whole-${seed}`, requests: planBulk(options, random, 'w', Math.ceil(requests / 10)) },
    { kind: CANCELLED_BULK, bulkId: `cut-${seed}`, requests: planBulk(options, random, 'c', Math.ceil(requests / 20)) },
  ];
  const lendings = Array.from({ length: Math.ceil(requests / 20) }, (_, index): Lending => ({
    agentId: spread(options, index, requests / 20),
    temporaryId: `t${seed}-${index}`,
  }));
  for (const { kind, requests: all } of bulks) tally.expect(kind, all.length);
  tally.expect(LENT, lendings.length);

  async function carryOut({ kind, bulkId, requests: all }: (typeof bulks)[number]): Promise<void> {
    await persistently(() => client.bulk.submit({ bulkId, pages: toPages(all) }));
    all.forEach(() => tally.add(kind));
    if (kind === CANCELLED_BULK) {
      await delay(CANCEL_AFTER_MS);
      await persistently(() => client.bulk.cancel({ bulkId, by: 'kim', note: 'not needed' })).catch(unlessClosed);
    }
    await persistently(() => client.bulk.wait(bulkId));
  }

  async function lend(lending: Lending): Promise<void> {
    await persistently(() =>
      client.temporary.submit({
        ...lending,
        skill: { skillId: LENT_SKILL },
        level: 3,
        // A repetition has the same content: an end of its own would be another one each time.
        for: LENT_FOR,
        requestedBy: 'campaign',
        reason: 'for a time',
      }),
    );
    tally.add(LENT);
    const until = Date.now() + PATIENCE_MS;
    for (let view = await look(lending); !isStill(view) && Date.now() < until; view = await look(lending)) {
      await delay(LOOK_MS);
    }
  }

  function look({ agentId: agent, temporaryId }: Lending): Promise<TemporaryView> {
    return persistently(() => client.temporary.status(agent, temporaryId));
  }

  async function judgeBulk(
    { kind, bulkId, requests: all }: (typeof bulks)[number],
    outcomes: ReadonlyMap<string, RequestOutcome>,
    parked: ReadonlySet<string>,
    taken: ReadonlySet<string>,
  ): Promise<string[]> {
    const lines: BulkReportLine[] = [];
    for await (const line of client.bulk.report(bulkId)) lines.push(line);
    return [
      ...(lines.length === all.length ? [] : [`${bulkId}: ${lines.length} lines for ${all.length} requests`]),
      ...lines.flatMap(({ requestId, status, outcome }) => {
        const ended = outcomes.get(requestId);
        const isTrue =
          outcome === undefined
            ? status === 'not-submitted'
              ? kind === CANCELLED_BULK && !taken.has(requestId)
              : // A person may have decided since.
                status === 'awaiting-reconciliation' && (parked.has(requestId) || ended !== undefined)
            : JSON.stringify(outcome) === JSON.stringify(ended) && outcome.status === status;
        return isTrue ? [] : [`${bulkId}: ${requestId} is ${status} in the report and ${ended?.status ?? 'open'}`];
      }),
    ];
  }

  async function judgeLending(lending: Lending): Promise<string[]> {
    const { status, state, parked } = await look(lending);
    if (state !== 'Ended') return parked === undefined ? [`${lending.temporaryId} is ${state} for ever`] : [];
    if (status === 'not-restored') return [];
    const has = simulator.agent(lending.agentId).skills.some(({ skillId }) => skillId === LENT_SKILL);
    return has ? [`${lending.temporaryId} is ${status}, and agent ${lending.agentId} still has the skill`] : [];
  }

  return {
    agentIds: [
      ...bulks.flatMap((bulk) => bulk.requests.map((request) => request.agentId)),
      ...lendings.map((lending) => lending.agentId),
    ],
    async run() {
      const waiting = [...lendings];
      const lender = async (): Promise<void> => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await lend(next);
      };
      const lenders = Array.from({ length: LENDERS }, lender);
      await Promise.all([...bulks.map((bulk) => carryOut(bulk)), ...lenders]);
    },
    async judge({ outcomes, parked, taken }) {
      const ended = new Map(outcomes.map((outcome) => [outcome.requestId, outcome]));
      const waiting = new Set(parked.map(({ requestId }) => requestId));
      const given = new Set(taken.map(({ requestId }) => requestId));
      const judged = [
        ...bulks.map((bulk) => judgeBulk(bulk, ended, waiting, given)),
        ...lendings.map((lending) => judgeLending(lending)),
      ];
      return (await Promise.all(judged)).flat();
    },
  };
}

function isStill({ state, parked }: TemporaryView): boolean {
  return state === 'Ended' || state === 'Terminated' || parked !== undefined;
}

function planBulk(options: CampaignOptions, random: () => number, mark: string, count: number): BulkRequest[] {
  return Array.from({ length: count }, (_, index) => ({
    requestId: `${mark}${options.seed}-${index}`,
    agentId: spread(options, index, count),
    changes: planChanges(random),
    requestedBy: 'campaign',
    reason: 'many at once',
    line: index + 1,
  }));
}

/** Agents as far apart as they can be. */
function spread({ agents }: CampaignOptions, index: number, count: number): string {
  return agentId(Math.floor((index / count) * agents));
}

function toPages(requests: BulkRequest[]): { requests: BulkRequest[] }[] {
  return Array.from({ length: Math.ceil(requests.length / ON_A_PAGE) }, (_, page) => ({
    requests: requests.slice(page * ON_A_PAGE, (page + 1) * ON_A_PAGE),
  }));
}

/** It was over before, or the first of two cancellations was taken and not heard of. */
function unlessClosed(error: unknown): void {
  if (!(error instanceof BulkClosedError)) throw error;
}

/** Repeats what was not taken, or could not be, as the library says it may be. */
async function persistently<T>(act: () => Promise<T>): Promise<T> {
  for (const until = Date.now() + PATIENCE_MS; ;) {
    try {
      return await act();
    } catch (error) {
      const again = error instanceof NotAcceptedError || error instanceof TemporalUnreachableError;
      if (!again || Date.now() > until) throw error;
      await delay(LOOK_MS);
    }
  }
}
