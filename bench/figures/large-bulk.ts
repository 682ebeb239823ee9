import type { BulkPage, BulkProgress, BulkReportLine } from '../../client/index.ts';
import { bulkPageWorkflowId, bulkWorkflowId, MAX_PAGE_REQUESTS } from '../../domain/bulk.ts';
import { DEMO_TENANT_ID } from '../../simulator/index.ts';
import type { BenchOptions, Figure, Result } from '../figure.ts';
import type { ChartOptions } from '../report/plot.ts';
import { readMemory } from '../stage/memory.ts';
import { changeOf, INITIAL_LEVEL, onStage, SKILL_ID, type Stage } from '../stage/stage.ts';

const AGENTS = 50_000;
const LATENCY_MS = 5;
/** Every tenth request changes something; the others ask for what is so already, which costs reads and no toggle. */
const CHANGING = 10;
const NEW_LEVEL = 3;
const LOOK_MS = 15_000;
/** Growth after a fifth of the requests that still counts as bounded. */
const BOUNDED = 1.5;
const BULK_ID = 'large';

/** At one time, by how much had settled. MiB. */
interface Reading {
  settled: number;
  seconds: number;
  worker: number;
  client: number;
}

interface Run {
  agents: number;
  submittedS: number;
  readings: Reading[];
  progress: BulkProgress;
  /** Lines of the report that are not what the bulk says, or out of order. */
  wrongLines: number;
  lines: number;
  /** Runs of the coordinator, and the most of a page. */
  coordinatorRuns: number;
  pageRuns: number;
}

/** The largest bulk that is promised. */
export const largeBulk: Figure = {
  name: 'large-bulk',
  title: '50,000 agents in one bulk',
  byDefault: false,
  async measure({ quick, say }) {
    const agents = quick ? AGENTS / 25 : AGENTS;
    return toResult(await onStage({ latencyMs: LATENCY_MS, agents, premium: true, say }, (stage) => run(stage, say)));
  },
};

async function run(stage: Stage, say: BenchOptions['say']): Promise<Run> {
  const { client, agentIds, worker } = stage;
  const startedAt = Date.now();
  const seconds = (): number => (Date.now() - startedAt) / 1000;
  await client.bulk.submit({ bulkId: BULK_ID, pages: pagesOf(agentIds) });
  const submittedS = seconds();
  say(`  ${agentIds.length} submitted in ${submittedS.toFixed(0)} s`);
  const readings: Reading[] = [];
  const read = (settled: number): void => {
    const reading = {
      settled,
      seconds: seconds(),
      worker: readMemory(worker.pid).now,
      client: readMemory(process.pid).now,
    };
    readings.push(reading);
    say(`  ${settled} settled after ${reading.seconds.toFixed(0)} s; ${memoryText(reading)}`);
  };
  read(0);
  const progress = await client.bulk.wait(BULK_ID, {
    onProgress({ settled }) {
      if (seconds() - (readings.at(-1)?.seconds ?? 0) >= LOOK_MS / 1000) read(settled);
    },
  });
  read(progress.settled);
  let lines = 0;
  let wrongLines = 0;
  for await (const line of client.bulk.report(BULK_ID)) {
    if (!isRight(line, lines, agentIds)) wrongLines += 1;
    lines += 1;
  }
  read(progress.settled);
  const coordinatorRuns = await runsOf(stage, bulkWorkflowId(DEMO_TENANT_ID, BULK_ID));
  const pageRuns = await runsOf(stage, bulkPageWorkflowId(DEMO_TENANT_ID, BULK_ID, 0));
  return { agents: agentIds.length, submittedS, readings, progress, wrongLines, lines, coordinatorRuns, pageRuns };
}

function pagesOf(agentIds: readonly string[]): BulkPage[] {
  const requests = agentIds.map((agentId, index) => ({
    ...changeOf(agentId, isChanging(index) ? NEW_LEVEL : INITIAL_LEVEL),
    requestId: `large-${index}`,
    line: index + 1,
  }));
  return Array.from({ length: Math.ceil(requests.length / MAX_PAGE_REQUESTS) }, (_, page) => ({
    requests: requests.slice(page * MAX_PAGE_REQUESTS, (page + 1) * MAX_PAGE_REQUESTS),
  }));
}

function isChanging(index: number): boolean {
  return index % CHANGING === 0;
}

function isRight({ line, agentId, status }: BulkReportLine, index: number, agentIds: readonly string[]): boolean {
  const expected = isChanging(index) ? 'provisioned' : 'unchanged';
  return line === index + 1 && agentId === agentIds[index] && status === expected;
}

async function runsOf({ temporal }: Stage, workflowId: string): Promise<number> {
  return (await temporal.workflow.count(`WorkflowId = "${workflowId}"`)).count;
}

function memoryText({ worker, client }: Reading): string {
  return `worker ${worker.toFixed(0)} MiB, client ${client.toFixed(0)} MiB`;
}

function toResult(run: Run): Result {
  const { agents, submittedS, readings, progress, wrongLines, lines, coordinatorRuns, pageRuns } = run;
  const early = readings.find(({ settled }) => settled >= agents / 5) ?? readings[0];
  const growth = (of: 'worker' | 'client'): number =>
    Math.max(...readings.map((reading) => reading[of])) / (early?.[of] ?? Number.NaN);
  const took = readings.at(-1)?.seconds ?? Number.NaN;
  return {
    method: [
      `One bulk in pages of ${MAX_PAGE_REQUESTS}, submitted by the library; one worker, embedded server, simulator and tenant with the Premium tier (no pace), platform latency ${LATENCY_MS} ms. Every tenth request raises the level of ${SKILL_ID}, the others ask for the level that is there: those cost the reads of a request and its run, but no write and no toggle, which would take hours here.`,
      'Memory is resident memory, of the worker’s process and of the one that submits, waits and reads the report.',
    ],
    verdicts: [
      {
        what: 'lines of the report that are there, in order and true',
        target: `${agents}`,
        measured: `${lines - wrongLines}`,
        reached: lines === agents && wrongLines === 0,
      },
      ...(['worker', 'client'] as const).map((of) => ({
        what: `memory of the ${of}: the most / after a fifth of the requests`,
        target: `bounded: ≤ ${BOUNDED} ×`,
        measured: `${growth(of).toFixed(2)} ×`,
        reached: growth(of) <= BOUNDED,
      })),
    ],
    tables: [
      {
        caption: 'The bulk.',
        head: ['', ''],
        rows: [
          ['submitted after', `${submittedS.toFixed(0)} s`],
          ['settled and reported after', `${took.toFixed(0)} s`],
          ['requests a minute', ((agents * 60) / took).toFixed(0)],
          ['outcomes', JSON.stringify(progress.counts)],
          ['runs of the coordinator, of the first page', `${coordinatorRuns}, ${pageRuns}`],
        ],
      },
      {
        caption: 'Resident memory in MiB while it goes on.',
        head: ['settled', 'after', 'worker', 'client'],
        rows: readings.map(({ settled, seconds, worker, client }) => [
          `${settled}`,
          `${seconds.toFixed(0)} s`,
          worker.toFixed(0),
          client.toFixed(0),
        ]),
      },
    ],
    plots: [{ name: 'large-bulk', alt: 'Resident memory by settled requests', options: plotOf(readings) }],
  };
}

function plotOf(readings: readonly Reading[]): ChartOptions {
  return {
    title: { text: 'Resident memory, MiB, by settled requests', left: 'center' },
    legend: { top: 30 },
    xAxis: { type: 'value', name: 'settled' },
    yAxis: { type: 'value', min: 0 },
    series: (['worker', 'client'] as const).map((of) => ({
      name: of,
      type: 'line' as const,
      symbol: 'none',
      data: readings.map((reading): [number, number] => [reading.settled, Math.round(reading[of])]),
    })),
  };
}
