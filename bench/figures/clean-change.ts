import { provisionWorkflowId } from '../../domain/workflow-id.ts';
import { DEMO_TENANT_ID } from '../../simulator/index.ts';
import { costOfRun, type RunCost } from '../actions.ts';
import type { Figure, Result } from '../figure.ts';
import { changeOf, onStage, provision, type Stage } from '../stage/stage.ts';
import { summarise } from '../statistics.ts';

const LATENCY_MS = 20;
const MOST_CALLS = 7;
const MOST_EVENTS = 45;
const MOST_ACTIONS = 14;
/** A toggle reports once that it is alive, and is over before it would a second time. */
const HEARTBEATS = 1;

interface Change extends RunCost {
  calls: string[];
}

/** What one clean change costs the platform and Temporal. */
export const cleanChange: Figure = {
  name: 'clean-change',
  title: 'Calls, history events and billable actions of one clean change',
  byDefault: true,
  async measure({ quick, say }) {
    const agents = quick ? 3 : 20;
    const changes = await onStage({ latencyMs: LATENCY_MS, agents: agents + 1, say }, async (stage) => {
      // The first one of all fetches the skill as well, which is then known for a minute.
      await measureOne(stage, stage.agentIds[agents] ?? '');
      const measured: Change[] = [];
      for (const agentId of stage.agentIds.slice(0, agents)) measured.push(await measureOne(stage, agentId));
      return measured;
    });
    return toResult(changes);
  },
};

async function measureOne({ platform, client, temporal }: Stage, agentId: string): Promise<Change> {
  await platform.news();
  await provision(client, changeOf(agentId, 3));
  const calls = (await platform.news()).map(({ operation }) => operation);
  const handle = temporal.workflow.getHandle(provisionWorkflowId(DEMO_TENANT_ID, agentId));
  return { calls, ...costOfRun(await handle.fetchHistory()) };
}

function toResult(changes: readonly Change[]): Result {
  const calls = summarise(changes.map((change) => change.calls.length));
  const events = summarise(changes.map((change) => change.events));
  const actions = summarise(changes.map((change) => change.actions + HEARTBEATS));
  const verdictOf = (what: string, measured: number, limit: number) => ({
    what,
    target: `≤ ${limit}`,
    measured: `${measured}`,
    reached: measured <= limit,
  });
  const row = (label: string, { min, median, max }: ReturnType<typeof summarise>): string[] => [
    label,
    `${median}`,
    `${min}–${max}`,
  ];
  return {
    method: [
      'A clean change: one caller, an agent AVAILABLE, the skill known to the worker. Calls are those in the simulator’s ledger, events those of the run’s history.',
      'Actions are counted in the history by the rules of Temporal Cloud: the start, the update, every activity, the local activities of one workflow task as one, every upsert of search attributes; and one heartbeat of the toggle, which leaves no event. Queries leave none either, and are billed: whoever waits through the library asks the first one after 2 s, when a clean change has ended.',
    ],
    verdicts: [
      verdictOf('calls of the platform', calls.median, MOST_CALLS),
      verdictOf('history events', events.median, MOST_EVENTS),
      verdictOf('billable actions', actions.median, MOST_ACTIONS),
    ],
    tables: [
      {
        caption: `Of ${changes.length} changes.`,
        head: ['', 'median', 'least and most'],
        rows: [
          row('calls of the platform', calls),
          row('history events', events),
          row('workflow tasks', summarise(changes.map((change) => change.workflowTasks))),
          row('activities', summarise(changes.map((change) => change.activities))),
          row('billable actions', actions),
        ],
      },
      {
        caption: 'The calls of one change, in order of arrival.',
        head: ['calls'],
        rows: (changes[0]?.calls ?? []).map((operation) => [`\`${operation}\``]),
      },
    ],
    plots: [],
  };
}
