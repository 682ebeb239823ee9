import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, type LedgerEntry } from '../../simulator/index.ts';
import { createDirectScript } from '../direct.ts';
import type { BenchOptions, Figure, Result, Verdict } from '../figure.ts';
import { keepPace } from '../lanes.ts';
import { absencesIn, type Absence } from '../ledger.ts';
import type { ChartOptions } from '../report/plot.ts';
import { changeOf, onStage, provision, SKILL_ID, type Stage } from '../stage/stage.ts';
import { startBenchWorker } from '../stage/worker.ts';
import { quantile, summarise } from '../statistics.ts';

const LATENCY_MS = 50;
const GAP_MS = 500;
const LOAD_PER_MINUTE = 500;
const HEARTBEAT_TIMEOUT_MS = 3_000;
const WARM_UP = 5;

/** A circumstance in which agents were toggled. */
interface Circumstance {
  name: string;
  absences: Absence[];
}

/** How long customers' calls pass an agent by because of us. */
export const outOfQueue: Figure = {
  name: 'out-of-queue',
  title: 'Time an agent is out of the queue for one toggle',
  byDefault: true,
  async measure(options) {
    const idle = await whenIdle(options);
    const loaded = await underLoad(options);
    return toResult(idle, loaded, await afterKill(options));
  },
};

/** The product and the script in turns; nothing else is going on. */
async function whenIdle({ quick, say }: BenchOptions): Promise<{ product: Circumstance; script: Circumstance }> {
  const agents = quick ? 10 : 150;
  return onStage({ latencyMs: LATENCY_MS, agents: 2 * agents, say }, async (stage) => {
    const { platform, client, agentIds } = stage;
    const access = { baseUrl: platform.url, clientId: DEMO_CLIENT_ID, clientSecret: DEMO_CLIENT_SECRET };
    const script = await createDirectScript(access);
    stage.undo.push(() => script.close());
    for (let index = 0; index < 2 * agents; index += 1) {
      const agentId = agentIds[index] ?? '';
      if (index === 2 * WARM_UP) await platform.news();
      if (index % 2 === 0) await provision(client, changeOf(agentId, 3));
      else await script.change(agentId, SKILL_ID, 3);
    }
    const entries = await platform.news();
    const isScript = ({ userAgent }: LedgerEntry): boolean => userAgent === 'direct-script';
    say(`  idle: ${agents - WARM_UP} toggles of each`);
    return {
      product: {
        name: 'idle',
        absences: absencesIn(
          entries.filter((entry) => !isScript(entry)),
          GAP_MS,
        ),
      },
      script: { name: 'direct script, idle', absences: absencesIn(entries.filter(isScript), GAP_MS) },
    };
  });
}

/** Changes of so many agents a minute, evenly spread, on the one machine that also runs everything else. */
async function underLoad({ quick, say }: BenchOptions): Promise<Circumstance> {
  const minutes = quick ? 0.25 : 3;
  const count = Math.round(minutes * LOAD_PER_MINUTE);
  const warmUp = 50;
  return onStage({ latencyMs: LATENCY_MS, agents: count + warmUp, say }, async (stage) => {
    const change = (index: number): Promise<void> => provision(stage.client, changeOf(stage.agentIds[index] ?? '', 3));
    await keepPace(warmUp, 60_000 / LOAD_PER_MINUTE, change);
    await stage.platform.news();
    await keepPace(count, 60_000 / LOAD_PER_MINUTE, (index) => change(index + warmUp));
    const absences = absencesIn(await stage.platform.news(), GAP_MS);
    say(`  at ${LOAD_PER_MINUTE} a minute: ${absences.length} toggles`);
    return { name: `at ${LOAD_PER_MINUTE} agents a minute`, absences };
  });
}

/** The worker that has taken the agent out dies in the middle of the gap, while another one is there. */
async function afterKill({ quick, say }: BenchOptions): Promise<Circumstance> {
  const rounds = quick ? 2 : 15;
  return onStage({ latencyMs: LATENCY_MS, agents: rounds, say }, async (stage) => {
    await stage.worker.stop();
    const absences: Absence[] = [];
    for (let round = 0; round < rounds; round += 1) absences.push(await killOnce(stage, round));
    say(`  after a kill: ${absences.length} toggles`);
    return { name: 'after a SIGKILL in the gap', absences };
  });
}

async function killOnce(stage: Stage, round: number): Promise<Absence> {
  const deathNote = join('.data', 'bench', `death-note-${process.pid}`);
  rmSync(deathNote, { force: true });
  const argv = ['--import', 'tsx', 'test/support/fragile-worker.ts', 'during-gap', deathNote];
  const workers = await Promise.all([startBenchWorker(stage.env, argv), startBenchWorker(stage.env, argv)]);
  try {
    await stage.platform.news();
    const agentId = stage.agentIds[round] ?? '';
    await provision(stage.client, changeOf(agentId, 3));
    // The guard of a process that a signal has ended answers 128.
    const died = await Promise.race([...workers.map(({ exited }) => exited), Promise.resolve(undefined)]);
    if (died !== 128) throw new Error('no worker died in the gap');
    const [absence] = absencesIn(await stage.platform.news(), GAP_MS);
    if (absence === undefined) throw new Error(`agent ${agentId} was not put back`);
    return absence;
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    rmSync(deathNote, { force: true });
  }
}

function toResult(
  idle: { product: Circumstance; script: Circumstance },
  loaded: Circumstance,
  killed: Circumstance,
): Result {
  const all = [idle.script, idle.product, loaded, killed];
  const overheads = idle.product.absences.map(({ overheadMs }) => overheadMs);
  const longest = Math.max(...killed.absences.map(({ outMs }) => outMs));
  const verdicts: Verdict[] = [
    atMost('idle, p50, beyond 500 ms and the calls’ own time', quantile(overheads, 0.5), 30),
    atMost('idle, p99, beyond 500 ms and the calls’ own time', quantile(overheads, 0.99), 150),
    atMost('after a SIGKILL in the gap, the longest', longest, HEARTBEAT_TIMEOUT_MS + 3_000),
  ];
  return {
    method: [
      `By the simulator’s ledger, from the effect of NOTAVAILABLE to the effect of AVAILABLE; platform latency ${LATENCY_MS} ms. “Beyond” is what is left without the 500 ms that the platform needs and the time the two calls spent there.`,
      'Idle: the product and `bench/direct.ts` in turns, each for an agent of its own.',
      `Load: changes of ${LOAD_PER_MINUTE} different agents a minute, evenly spread, with server, worker, simulator and callers on the one machine. The gap is a timer inside one activity, so load adds only what the process is late by when the timer fires, and what the two calls wait for a turn.`,
      'Kill: of two workers, the one that has taken the agent out is killed by SIGKILL in the middle of the gap. Temporal notices when its heartbeats stop for 3 s, and gives the activity to the other one, which reads the state, waits the gap and puts the agent back.',
    ],
    verdicts,
    tables: [
      {
        caption: 'Milliseconds.',
        head: ['', 'toggles', 'out p50', 'out p99', 'out max', 'beyond p50', 'beyond p99', 'beyond max'],
        rows: all.map(({ name, absences }) => {
          const out = summarise(absences.map(({ outMs }) => outMs));
          const beyond = summarise(absences.map(({ overheadMs }) => overheadMs));
          const cells = [out.median, out.p99, out.max, beyond.median, beyond.p99, beyond.max];
          return [name, `${absences.length}`, ...cells.map((ms) => ms.toFixed(0))];
        }),
      },
    ],
    plots: [
      {
        name: 'out-of-queue',
        alt: 'Share of toggles after which the agent was back within a time',
        options: plotOf([idle.script, idle.product, loaded]),
      },
    ],
  };
}

function atMost(what: string, measuredMs: number, limitMs: number): Verdict {
  return { what, target: `≤ ${limitMs} ms`, measured: `${measuredMs.toFixed(0)} ms`, reached: measuredMs <= limitMs };
}

function plotOf(circumstances: readonly Circumstance[]): ChartOptions {
  return {
    title: { text: 'Share of toggles that kept the agent out no longer than', left: 'center' },
    legend: { top: 30 },
    xAxis: { type: 'value', name: 'ms', min: 'dataMin' },
    yAxis: { type: 'value', name: '%', max: 100 },
    series: circumstances.map(({ name, absences }) => ({
      name,
      type: 'line' as const,
      symbol: 'none',
      data: absences
        .map(({ outMs }) => outMs)
        .sort((a, b) => a - b)
        .map((outMs, index): [number, number] => [Number(outMs.toFixed(1)), (100 * (index + 1)) / absences.length]),
    })),
  };
}
