import type { Figure, Result } from '../figure.ts';
import type { LedgerEntry } from '../../simulator/index.ts';
import { changeOf, onStage, provision, type Stage } from '../stage/stage.ts';
import { median } from '../statistics.ts';

const LATENCY_MS = 50;
const LEVEL = 3;
const MOST = 3;

/** What a hundred requests for one agent cost. */
interface Cost {
  patches: number;
  toggles: number;
  calls: number;
  seconds: number;
}

interface Round {
  atOnce: Cost;
  apart: Cost;
}

/** Requests for one agent that come together, against the same one after another. */
export const oneAgent: Figure = {
  name: 'one-agent',
  title: '100 requests for one agent, at once and in runs of their own',
  byDefault: true,
  async measure({ quick, say }) {
    const requests = quick ? 10 : 100;
    const rounds = quick ? 1 : 3;
    const measured = await onStage({ latencyMs: LATENCY_MS, agents: 2 * rounds, say }, async (stage) => {
      const skillIds = Array.from({ length: requests }, (_, index) => `bench-skill-${index}`);
      await stage.platform.addSkills(
        skillIds.map((skillId) => ({ skillId, name: skillId, skillGroup: 'bench', status: 'ACTIVE' })),
      );
      const result: Round[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const atOnce = await costOf(stage, () => allAtOnce(stage, 2 * round, skillIds));
        const apart = await costOf(stage, () => oneByOne(stage, 2 * round + 1, skillIds));
        say(`  at once ${atOnce.patches} PATCHes in ${atOnce.seconds.toFixed(1)} s, apart ${apart.patches}`);
        result.push({ atOnce, apart });
      }
      return result;
    });
    return toResult(requests, measured);
  },
};

async function allAtOnce({ client, agentIds }: Stage, agent: number, skillIds: readonly string[]): Promise<void> {
  const agentId = agentIds[agent] ?? '';
  await Promise.all(skillIds.map((skillId) => provision(client, changeOf(agentId, LEVEL, skillId))));
}

async function oneByOne({ client, agentIds }: Stage, agent: number, skillIds: readonly string[]): Promise<void> {
  const agentId = agentIds[agent] ?? '';
  for (const skillId of skillIds) await provision(client, changeOf(agentId, LEVEL, skillId));
}

async function costOf({ platform }: Stage, work: () => Promise<void>): Promise<Cost> {
  await platform.news();
  const startedAt = performance.now();
  await work();
  const seconds = (performance.now() - startedAt) / 1000;
  const entries = await platform.news();
  return {
    patches: entries.filter(({ operation }) => operation === 'patchAgent').length,
    toggles: entries.filter(isTakingOut).length,
    calls: entries.length,
    seconds,
  };
}

function isTakingOut({ operation, applied, after }: LedgerEntry): boolean {
  return operation === 'patchState' && applied && after?.state === 'NOTAVAILABLE';
}

function toResult(requests: number, rounds: readonly Round[]): Result {
  const most = (of: (cost: Cost) => number): number => Math.max(...rounds.map(({ atOnce }) => of(atOnce)));
  const verdictOf = (what: string, measured: number) => ({
    what: `${requests} requests at once: ${what}`,
    target: `≤ ${MOST}`,
    measured: `${measured}`,
    reached: measured <= MOST,
  });
  const rowOf = (label: string, costs: readonly Cost[]): string[] => [
    label,
    `${median(costs.map(({ patches }) => patches))}`,
    `${median(costs.map(({ toggles }) => toggles))}`,
    `${median(costs.map(({ calls }) => calls))}`,
    median(costs.map(({ seconds }) => seconds)).toFixed(1),
  ];
  return {
    method: [
      `${requests} requests for one agent, each for a skill of its own: all submitted at once, then the same for another agent one after another, each when the one before has ended. Platform latency ${LATENCY_MS} ms, ${rounds.length} rounds; the verdict is about the worst of them.`,
      'Requests that wait together go in one PATCH of at most 50 changes and one toggle; the first one is on its way alone.',
    ],
    verdicts: [
      verdictOf(
        'PATCHes',
        most(({ patches }) => patches),
      ),
      verdictOf(
        'toggles',
        most(({ toggles }) => toggles),
      ),
    ],
    tables: [
      {
        caption: 'Medians of the rounds.',
        head: ['', 'PATCHes', 'toggles', 'calls of the platform', 'seconds'],
        rows: [
          rowOf(
            'at once',
            rounds.map(({ atOnce }) => atOnce),
          ),
          rowOf(
            'in runs of their own',
            rounds.map(({ apart }) => apart),
          ),
        ],
      },
    ],
    plots: [],
  };
}
