import { startBare, type Bare } from '../bare/bare.ts';
import type { BenchOptions, Figure, Result, Verdict } from '../figure.ts';
import { keepBusy } from '../lanes.ts';
import type { ChartOptions } from '../report/plot.ts';
import { cpuBetween, readCpu } from '../stage/cpu.ts';
import type { ServerKind } from '../stage/server.ts';
import { changeOf, INITIAL_LEVEL, onStage, provision, type Stage } from '../stage/stage.ts';
import { median, quantile } from '../statistics.ts';

/** Of the platform's answers: that of a near one. */
const LATENCY_MS = 20;
/** So many changes are under way: enough to keep two cores busy; more only makes each wait longer. */
const LANES = 24;
/** Enough that a lane meets an agent whose last change has long ended. */
const AGENTS = 600;
const WINDOW_MS = 10_000;
const LEVELS = 5;
/** The platform's own rate without the Premium tier, in changes a minute. */
const PLATFORM_PER_MINUTE = 500;

/** A stretch of work at full load. */
interface Stretch {
  perMinute: number;
  /** The rates of its windows of ten seconds, in changes a minute. */
  windows: number[];
  /** CPU milliseconds for each piece of work, by process. */
  cpu: Record<string, number>;
}

interface Round {
  bare: Stretch[];
  product: Stretch;
}

/** How many changes the whole stack carries out on one machine, against a workflow that does nothing. */
export const throughput: Figure = {
  name: 'throughput',
  title: 'Sustained changes a minute, whole stack on one machine',
  byDefault: true,
  comparesServers: true,
  async measure(options) {
    const measured = [];
    for (const server of options.servers) measured.push({ server, rounds: await roundsOn(server, options) });
    return toResult(measured);
  },
};

async function roundsOn(server: ServerKind, { quick, say }: BenchOptions): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let round = 0; round < (quick ? 1 : 3); round += 1) {
    rounds.push(
      await onStage({ server, latencyMs: LATENCY_MS, agents: AGENTS, premium: true, say }, async (stage) => {
        const bareMs = quick ? 10_000 : 30_000;
        const before = await bareStretch(stage, bareMs);
        const product = await productStretch(stage, quick ? 20_000 : 180_000);
        const after = await bareStretch(stage, bareMs);
        return { bare: [before, after], product };
      }),
    );
    const last = rounds.at(-1);
    if (last !== undefined) {
      const bare = last.bare.map(({ perMinute }) => perMinute.toFixed(0)).join(' and ');
      say(`  ${server}, round ${round + 1}: ${last.product.perMinute.toFixed(0)}/min; bare ${bare}/min`);
    }
  }
  return rounds;
}

async function bareStretch(stage: Stage, durationMs: number): Promise<Stretch> {
  const bare: Bare = await startBare(stage);
  try {
    await keepBusy(LANES, 2_000, () => bare.run());
    return await stretch({ worker: bare.worker.pid }, durationMs, () => bare.run());
  } finally {
    await bare.stop();
  }
}

async function productStretch(stage: Stage, durationMs: number): Promise<Stretch> {
  const levels = new Map<string, number>();
  const change = async (index: number): Promise<void> => {
    const agentId = stage.agentIds[index % AGENTS] ?? '';
    const level = ((levels.get(agentId) ?? INITIAL_LEVEL) % LEVELS) + 1;
    levels.set(agentId, level);
    await provision(stage.client, changeOf(agentId, level));
  };
  let next = 0;
  const one = (): Promise<void> => change(next++);
  await keepBusy(LANES, 5_000, one);
  return stretch({ worker: stage.worker.pid, simulator: stage.platform.pid }, durationMs, one);
}

async function stretch(pids: Record<string, number>, durationMs: number, work: () => Promise<void>): Promise<Stretch> {
  const before = readCpu(pids);
  const ended = await keepBusy(LANES, durationMs, work);
  const cpu = Object.entries(cpuBetween(before, readCpu(pids)));
  const windows = Array.from({ length: Math.floor(durationMs / WINDOW_MS) }, (_, index) => {
    const inWindow = ended.filter((at) => at >= index * WINDOW_MS && at < (index + 1) * WINDOW_MS);
    return inWindow.length * (60_000 / WINDOW_MS);
  });
  return {
    perMinute: (ended.length * 60_000) / durationMs,
    windows,
    cpu: Object.fromEntries(cpu.map(([name, ms]) => [name, ms / ended.length])),
  };
}

function rateOf({ bare }: Round): number {
  return bare.reduce((sum, { perMinute }) => sum + perMinute, 0) / bare.length;
}

function toResult(measured: readonly { server: ServerKind; rounds: Round[] }[]): Result {
  const verdicts = measured.flatMap(({ server, rounds }): Verdict[] => {
    const rate = median(rounds.map(({ product }) => product.perMinute));
    const share = median(rounds.map((round) => round.product.perMinute / rateOf(round)));
    const least = server === 'embedded' ? 600 : PLATFORM_PER_MINUTE;
    return [
      {
        what: `changes a minute, ${server}`,
        target: server === 'embedded' ? '≥ 600, aim 1,000' : 'none; the platform’s own 500 to compare',
        measured: rate.toFixed(0),
        reached: server !== 'embedded' || rate >= least,
      },
      {
        what: `share of the bare workflow’s rate, ${server}`,
        target: '≥ 0.2 ×',
        measured: `${share.toFixed(3)} ×`,
        reached: share >= 0.2,
      },
    ];
  });
  return {
    method: [
      `${LANES} callers of the client library, each waiting for its outcome before it asks for the next change, take turns over ${AGENTS} agents; every change is a clean one with one PATCH and one toggle. Platform latency ${LATENCY_MS} ms, Premium limits.`,
      'Each round has a server of its own and goes: bare workflow, product for three minutes, bare workflow; the share is that of the mean of the two. The bare workflow has one empty activity, the same number of callers, and a worker with the same slots.',
      'Server, one worker, simulator and the callers share the machine’s cores. CPU time is that of these processes, the database’s included, and of nothing else on the machine.',
    ],
    verdicts,
    tables: [rateTable(measured), cpuTable(measured)],
    plots: [{ name: 'throughput', alt: 'Changes a minute over the time of each round', options: plotOf(measured) }],
  };
}

function rateTable(measured: readonly { server: ServerKind; rounds: Round[] }[]) {
  return {
    caption: 'A minute; the spread is that of the windows of ten seconds, 5 % to 95 %.',
    head: ['server', 'round', 'product', 'spread', 'bare before', 'bare after', 'share'],
    rows: measured.flatMap(({ server, rounds }) =>
      rounds.map((round, index) => [
        server,
        `${index + 1}`,
        round.product.perMinute.toFixed(0),
        `${quantile(round.product.windows, 0.05).toFixed(0)}–${quantile(round.product.windows, 0.95).toFixed(0)}`,
        ...round.bare.map(({ perMinute }) => perMinute.toFixed(0)),
        (round.product.perMinute / rateOf(round)).toFixed(3),
      ]),
    ),
  };
}

function cpuTable(measured: readonly { server: ServerKind; rounds: Round[] }[]) {
  const names = ['server', 'worker', 'simulator', 'load generator'];
  const rowOf = (label: string, stretches: readonly Stretch[]): string[] => [
    label,
    ...names.map((name) => {
      const spent = stretches.flatMap(({ cpu }) => cpu[name] ?? []);
      return spent.length === 0 ? '–' : median(spent).toFixed(1);
    }),
  ];
  return {
    caption: 'CPU milliseconds for one change, or one bare workflow; medians of the rounds.',
    head: ['', ...names],
    rows: measured.flatMap(({ server, rounds }) => [
      rowOf(
        `product, ${server}`,
        rounds.map(({ product }) => product),
      ),
      rowOf(
        `bare, ${server}`,
        rounds.flatMap(({ bare }) => bare),
      ),
    ]),
  };
}

function plotOf(measured: readonly { server: ServerKind; rounds: Round[] }[]): ChartOptions {
  return {
    title: { text: 'Changes a minute, in windows of ten seconds', left: 'center' },
    legend: { top: 30 },
    xAxis: { type: 'value', name: 's' },
    yAxis: { type: 'value', min: 0 },
    series: measured.flatMap(({ server, rounds }) =>
      rounds.map(({ product }, index) => ({
        name: `${server}, round ${index + 1}`,
        type: 'line' as const,
        symbol: 'none',
        data: product.windows.map((rate, window): [number, number] => [((window + 1) * WINDOW_MS) / 1000, rate]),
      })),
    ),
  };
}
