import { DEMO_CLIENT_ID, DEMO_CLIENT_SECRET } from '../../simulator/index.ts';
import { createDirectScript, type DirectScript } from '../direct.ts';
import type { BenchOptions, Figure, Result, Verdict } from '../figure.ts';
import { routableAt } from '../ledger.ts';
import type { ChartOptions } from '../report/plot.ts';
import { onStage, changeOf, provision, SKILL_ID, type Stage } from '../stage/stage.ts';
import { median, summarise } from '../statistics.ts';

/** The platform's latencies, and how much of the direct script's time the product may take. */
const CASES = [
  { latencyMs: 50, limit: 1.1 },
  { latencyMs: 150, limit: 1 },
] as const;
/** What comes first in a process is slower: connections, caches, code that is not compiled yet. */
const WARM_UP = 5;

/** Milliseconds from the submission to the agent in the queue with the new level, side by side. */
interface Pair {
  product: number;
  direct: number;
  /** The agent's first change: nothing about them is known to Temporal. */
  first: boolean;
}

/** How long one change takes, against a script that makes the same calls. */
export const latency: Figure = {
  name: 'latency',
  title: 'Time from submission to the agent in the queue with the new level',
  byDefault: true,
  async measure(options) {
    const measured = [];
    for (const { latencyMs, limit } of CASES)
      measured.push({ latencyMs, limit, pairs: await pairsAt(latencyMs, options) });
    return toResult(measured);
  },
};

async function pairsAt(latencyMs: number, options: BenchOptions): Promise<Pair[]> {
  const { quick, say } = options;
  const agents = quick ? 4 : 30;
  const rounds = 2;
  return onStage({ latencyMs, agents: 2 * (agents + WARM_UP), say }, async (stage) => {
    const { url } = stage.platform;
    const script = await createDirectScript({
      baseUrl: url,
      clientId: DEMO_CLIENT_ID,
      clientSecret: DEMO_CLIENT_SECRET,
    });
    stage.undo.push(() => script.close());
    for (let index = 0; index < WARM_UP; index += 1) await pair(stage, script, index, 2);
    const pairs: Pair[] = [];
    for (let round = 0; round < rounds; round += 1) {
      for (let index = WARM_UP; index < agents + WARM_UP; index += 1) {
        const measured = await pair(stage, script, index, round + 2);
        pairs.push({ ...measured, first: round === 0 });
      }
      say(`  ${latencyMs} ms, round ${round + 1}: ${ratioOf(pairs.slice(-agents)).toFixed(3)} × the script`);
    }
    return pairs;
  });
}

/** One change by each, in turns as to who comes first; each has its own agent. */
async function pair(stage: Stage, script: DirectScript, index: number, level: number): Promise<Omit<Pair, 'first'>> {
  const ours = stage.agentIds[2 * index] ?? '';
  const theirs = stage.agentIds[2 * index + 1] ?? '';
  const product = (): Promise<number> =>
    timed(stage, ours, level, () => provision(stage.client, changeOf(ours, level)));
  const direct = (): Promise<number> => timed(stage, theirs, level, () => script.change(theirs, SKILL_ID, level));
  if (index % 2 === 0) return { product: await product(), direct: await direct() };
  const first = await direct();
  return { product: await product(), direct: first };
}

async function timed(stage: Stage, agentId: string, level: number, act: () => Promise<void>): Promise<number> {
  await stage.platform.news();
  const submittedAt = performance.timeOrigin + performance.now();
  await act();
  return routableAt(await stage.platform.news(), agentId, SKILL_ID, level) - submittedAt;
}

function ratioOf(pairs: readonly Pair[]): number {
  return median(pairs.map(({ product, direct }) => product / direct));
}

function toResult(measured: readonly { latencyMs: number; limit: number; pairs: Pair[] }[]): Result {
  const verdicts = measured.map(({ latencyMs, limit, pairs }): Verdict => {
    const ratio = ratioOf(pairs);
    return {
      what: `product / direct script, platform latency ${latencyMs} ms`,
      target: `≤ ${limit.toFixed(1)} ×`,
      measured: `${ratio.toFixed(3)} ×`,
      reached: ratio <= limit,
    };
  });
  const rows = measured.flatMap(({ latencyMs, pairs }) =>
    [true, false].map((first) => {
      const some = pairs.filter((one) => one.first === first);
      const ratio = summarise(some.map(({ product, direct }) => product / direct));
      return [
        `${latencyMs} ms`,
        first ? 'first' : 'later',
        `${some.length}`,
        spread(some.map(({ product }) => product)),
        spread(some.map(({ direct }) => direct)),
        `${ratio.median.toFixed(3)} (${ratio.p25.toFixed(3)}–${ratio.p75.toFixed(3)})`,
      ];
    }),
  );
  return {
    method: [
      'Each pair is one change by the product and one by the script (`bench/direct.ts`), one after the other, in turns as to who comes first, each for an agent of its own; nothing else is going on.',
      'The time begins before the first call of the client library or the script and ends at the instant at which the simulator’s ledger shows the agent AVAILABLE and routed by the new level.',
      'Both make the same seven calls. The script makes them one after another; the product reads the directory and the state at the same time, and looks the skill up once a minute beside them.',
      `“First” is an agent’s first change, “later” one of an agent with a closed run, for which the client looks first whether the request is known. ${WARM_UP} pairs before are not counted.`,
    ],
    verdicts,
    tables: [
      {
        caption: 'Milliseconds and ratios: median (middle half).',
        head: ['platform latency', 'change of the agent', 'pairs', 'product', 'direct script', 'ratio'],
        rows,
      },
    ],
    plots: [
      {
        name: 'latency',
        alt: 'Time of one change by the product and by the script',
        options: plotOf(measured),
      },
    ],
  };
}

function spread(sample: readonly number[]): string {
  const { median: middle, p25, p75 } = summarise(sample);
  return `${middle.toFixed(0)} (${p25.toFixed(0)}–${p75.toFixed(0)})`;
}

function plotOf(measured: readonly { latencyMs: number; pairs: Pair[] }[]): ChartOptions {
  const box = (sample: readonly number[]): number[] => {
    const { min, p25, median: middle, p75, max } = summarise(sample);
    return [min, p25, middle, p75, max].map(Math.round);
  };
  return {
    title: { text: 'Submission → in the queue with the new level', left: 'center' },
    legend: { top: 30 },
    xAxis: { type: 'category', data: measured.map(({ latencyMs }) => `platform latency ${latencyMs} ms`) },
    yAxis: { type: 'value', name: 'ms', min: 0 },
    series: [
      { name: 'product', type: 'boxplot', data: measured.map(({ pairs }) => box(pairs.map(({ product }) => product))) },
      {
        name: 'direct script',
        type: 'boxplot',
        data: measured.map(({ pairs }) => box(pairs.map(({ direct }) => direct))),
      },
    ],
  };
}
