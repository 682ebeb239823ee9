import { setTimeout as delay } from 'node:timers/promises';
import type { PolicyOverrides } from '../../domain/policy.ts';
import type { BenchOptions, Figure, Result, Verdict } from '../figure.ts';
import type { ChartOptions } from '../report/plot.ts';
import { readMemory, type Memory } from '../stage/memory.ts';
import { onStage, type Stage } from '../stage/stage.ts';
import { startChange } from '../stage/start.ts';

const LATENCY_MS = 5;
const UNDER_WAY = 100;
/** 350 MB. */
const LIMIT_MIB = Math.floor(350e6 / 2 ** 20);
/** Growth from the second count to the third that still counts as flat. */
const FLAT = 1.25;
const LOOK_MS = 500;
/** The collector has had its time. */
const SETTLE_MS = 15_000;

/** A way to wait, and how many do so by now. Every PATCH is answered with 412; the policy says what follows. */
interface Wait {
  kind: string;
  policy: PolicyOverrides;
  /** Begins to count. */
  counter: (stage: Stage) => () => Promise<number>;
}

const WAITS: readonly Wait[] = [
  {
    kind: 'on a timer',
    // So long that nobody is through with the wait after the conflict while others are still coming.
    policy: { conflictWait: '12h' },
    counter({ platform }) {
      let refused = 0;
      return async () => {
        const news = await platform.news();
        refused += news.filter(({ operation }) => operation === 'patchAgent').length;
        return refused;
      };
    },
  },
  {
    kind: 'for a person',
    // The first conflict opens the breaker.
    policy: { conflictLimit: 1 },
    counter({ temporal, taskQueue }) {
      const query = `TaskQueue = "${taskQueue}" AND ProvisionState = "AwaitingReconciliation"`;
      return async () => (await temporal.workflow.count(query)).count;
    },
  },
];

interface Reading extends Memory {
  agents: number;
}

/** What agents who wait cost a worker. */
export const memory: Figure = {
  name: 'memory',
  title: 'Worker memory with many agents waiting',
  byDefault: true,
  async measure(options) {
    const measured = [];
    for (const wait of WAITS) measured.push({ kind: wait.kind, readings: await readingsOf(wait, options) });
    return toResult(measured);
  },
};

async function readingsOf({ kind, policy, counter }: Wait, options: BenchOptions): Promise<Reading[]> {
  const { quick, say } = options;
  const counts = quick ? [10, 20, 40] : [100, 1_000, 10_000];
  return onStage({ latencyMs: LATENCY_MS, agents: Math.max(...counts), policy, premium: true, say }, async (stage) => {
    await stage.platform.addFault({ on: 'patchAgent', do: { kind: 'answer', status: 412 } });
    const readings: Reading[] = [{ agents: 0, ...readMemory(stage.worker.pid) }];
    const waiting = counter(stage);
    let submitted = 0;
    for (const agents of counts) {
      await fill(stage, waiting, submitted, agents);
      submitted = agents;
      await delay(quick ? LOOK_MS : SETTLE_MS);
      const reading = { agents, ...readMemory(stage.worker.pid) };
      say(`  ${agents} ${kind}: ${reading.now.toFixed(0)} MiB, at most ${reading.peak.toFixed(0)}`);
      readings.push(reading);
    }
    return readings;
  });
}

/** Brings agents to wait, not many more at a time than a worker works on, until so many do. */
async function fill(stage: Stage, waiting: () => Promise<number>, from: number, to: number): Promise<void> {
  let started = from;
  for (let now = await waiting(); now < to; now = await waiting()) {
    const more = stage.agentIds.slice(started, Math.min(to, now + UNDER_WAY));
    started += more.length;
    await Promise.all(more.map((agentId) => startChange(stage, agentId, 3)));
    await delay(LOOK_MS);
  }
}

function toResult(measured: readonly { kind: string; readings: Reading[] }[]): Result {
  const verdicts = measured.flatMap(({ kind, readings }): Verdict[] => {
    const [, , middle, last] = readings;
    const growth = (last?.now ?? Number.NaN) / (middle?.now ?? Number.NaN);
    const most = Math.max(...readings.map(({ now }) => now));
    return [
      {
        what: `waiting ${kind}: the most`,
        target: `≤ ${LIMIT_MIB} MiB`,
        measured: `${most.toFixed(0)} MiB`,
        reached: most <= LIMIT_MIB,
      },
      {
        what: `waiting ${kind}: ${last?.agents} agents / ${middle?.agents} agents`,
        target: `flat: ≤ ${FLAT} ×`,
        measured: `${growth.toFixed(2)} ×`,
        reached: growth <= FLAT,
      },
    ];
  });
  return {
    method: [
      `Every agent has one request. The simulator answers each PATCH with 412, and the run then waits: on the durable timer after a conflict, or, with a breaker that opens at the first conflict, for a person. The timer is set to 12 hours instead of 30 s: on two cores it takes minutes to bring 10,000 agents to it, and a run that waits is the same run whichever the length; those that wake meanwhile are not measured. The verdict is about the settled memory, 15 s after the last has come to wait; the peak is in the table.`,
      `The counts follow each other in one process of the worker. Memory is read ${SETTLE_MS / 1000} s after the last agent has begun to wait. 0 agents is a worker that has just become ready.`,
      'A worker keeps the runs it has seen last in memory; one that is not there is replayed from its history when something happens to it.',
    ],
    verdicts,
    tables: [
      {
        caption: 'Resident memory of the worker’s process, in MiB.',
        head: ['waiting', 'agents', 'after they have settled', 'at most so far'],
        rows: measured.flatMap(({ kind, readings }) =>
          readings.map(({ agents, now, peak }) => [kind, `${agents}`, now.toFixed(0), peak.toFixed(0)]),
        ),
      },
    ],
    plots: [{ name: 'memory', alt: 'Resident memory by the number of waiting agents', options: plotOf(measured) }],
  };
}

function plotOf(measured: readonly { kind: string; readings: Reading[] }[]): ChartOptions {
  return {
    title: { text: 'Resident memory of the worker, MiB', left: 'center' },
    legend: { top: 30 },
    xAxis: { type: 'category', name: 'agents', data: measured[0]?.readings.map(({ agents }) => `${agents}`) ?? [] },
    yAxis: { type: 'value', min: 0 },
    series: measured.map(({ kind, readings }) => ({
      name: `waiting ${kind}`,
      type: 'bar' as const,
      data: readings.map(({ now }) => Math.round(now)),
    })),
  };
}
