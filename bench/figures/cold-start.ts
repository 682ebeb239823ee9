import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { programEnvironment, PROGRAM_FILE } from '../../test/support/program.ts';
import type { Figure, Result } from '../figure.ts';
import type { ChartOptions } from '../report/plot.ts';
import { changeOf, onStage, provision, type Stage } from '../stage/stage.ts';
import { startBenchWorker } from '../stage/worker.ts';
import { summarise } from '../statistics.ts';

const LATENCY_MS = 50;

/** Names of what is timed, with milliseconds since the process was started. */
type Marks = Record<string, number>;

const WORKER_MARKS = ['Node itself', 'modules loaded', 'token asked for', 'ready'] as const;
const CLI_MARKS = ['Node itself', 'help printed', 'status answered'] as const;

/** How long a process needs before it is of use. */
export const coldStart: Figure = {
  name: 'cold-start',
  title: 'Cold start of a worker and of the command line',
  byDefault: true,
  async measure({ quick, say }) {
    const rounds = quick ? 2 : 15;
    return onStage({ latencyMs: LATENCY_MS, agents: 1, say }, async (stage) => {
      await provision(stage.client, changeOf(stage.agentIds[0] ?? '', 3));
      const workers: Marks[] = [];
      const commands: Marks[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const nodeMs = await timeOf(stage, ['-e', '0']);
        workers.push({ 'Node itself': nodeMs, ...(await startOfWorker(stage)) });
        commands.push({ 'Node itself': nodeMs, ...(await startOfCommand(stage)) });
      }
      say(`  ${rounds} starts of each`);
      return toResult(workers, commands);
    });
  },
};

async function startOfWorker(stage: Stage): Promise<Marks> {
  const modulesMs = await timeOf(stage, ['--input-type=module', '-e', `import '${moduleOf('worker/main.js')}'`]);
  await stage.platform.news();
  const startedAt = Date.now();
  const worker = await startBenchWorker(stage.env);
  const readyMs = Date.now() - startedAt;
  await worker.stop();
  const token = (await stage.platform.news()).find(({ operation }) => operation === 'token');
  return {
    'modules loaded': modulesMs,
    'token asked for': (token?.arrivedAt ?? Number.NaN) - startedAt,
    ready: readyMs,
  };
}

async function startOfCommand(stage: Stage): Promise<Marks> {
  return {
    'help printed': await timeOf(stage, [PROGRAM_FILE, '--help']),
    'status answered': await timeOf(stage, [PROGRAM_FILE, 'status', '--agent', stage.agentIds[0] ?? '', '--json']),
  };
}

/** Milliseconds from the start of a Node process to its end. */
async function timeOf({ env }: Stage, argv: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, argv, { stdio: 'ignore', env: programEnvironment(env) });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`node ${argv.join(' ')} ended with ${code}`);
  return performance.now() - startedAt;
}

function moduleOf(path: string): string {
  return join(process.cwd(), 'dist', path);
}

function toResult(workers: readonly Marks[], commands: readonly Marks[]): Result {
  const rows = (what: string, marks: readonly string[], runs: readonly Marks[]): string[][] =>
    marks.map((mark) => {
      const { median, p25, p75 } = summarise(runs.map((run) => run[mark] ?? Number.NaN));
      return [what, mark, median.toFixed(0), `${p25.toFixed(0)}–${p75.toFixed(0)}`];
    });
  return {
    method: [
      `Every start is a new process, with the files in the system’s cache; platform latency ${LATENCY_MS} ms. Worker and command line take turns, ${workers.length} rounds.`,
      '“Node itself” is an empty script, “modules loaded” a script that only imports the worker’s modules, both from start to end. “Token asked for” is the request’s arrival at the simulator; after it the worker checks its scopes, connects to Temporal, registers search attributes and loads the workflow bundle. It is ready when `/readyz` says so.',
      'The command line is `cxone-skills status --agent … --json` of an agent with a closed run, to the end of the process; `--help` loads the program and asks nobody. In a checkout both look first whether `dist/` is up to date.',
    ],
    verdicts: [],
    tables: [
      {
        caption: 'Milliseconds since the start of the process: median and middle half.',
        head: ['process', 'until', 'median', 'middle half'],
        rows: [...rows('worker', WORKER_MARKS, workers), ...rows('command line', CLI_MARKS, commands)],
      },
    ],
    plots: [{ name: 'cold-start', alt: 'Where the time of a cold start goes', options: plotOf(workers, commands) }],
  };
}

function plotOf(workers: readonly Marks[], commands: readonly Marks[]): ChartOptions {
  const steps = (marks: readonly string[], runs: readonly Marks[]): number[] => {
    const medians = marks.map((mark) => summarise(runs.map((run) => run[mark] ?? Number.NaN)).median);
    return medians.map((ms, index) => Math.round(ms - (medians[index - 1] ?? 0)));
  };
  const bars = (what: string, marks: readonly string[], runs: readonly Marks[], offset: number) =>
    steps(marks, runs).map((ms, index) => ({
      name: `${what}: ${marks[index]}`,
      type: 'bar' as const,
      stack: 'steps',
      label: { show: true },
      data: offset === 0 ? [ms, null] : [null, ms],
    }));
  return {
    title: { text: 'Cold start, milliseconds', left: 'center' },
    legend: { top: 30 },
    grid: { top: 110, left: 110 },
    xAxis: { type: 'value', name: 'ms' },
    yAxis: { type: 'category', data: ['worker', 'command line'] },
    series: [...bars('worker', WORKER_MARKS, workers, 0), ...bars('command line', CLI_MARKS, commands, 1)],
  };
}
