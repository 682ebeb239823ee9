import { setTimeout as delay } from 'node:timers/promises';
import type { ProvisionResult } from '../../domain/outcome.ts';
import { provisionWorkflowId } from '../../domain/workflow-id.ts';
import { DEMO_TENANT_ID, type LedgerEntry } from '../../simulator/index.ts';
import type { Figure, Result, Table } from '../figure.ts';
import { epochOf } from '../ledger.ts';
import type { ChartOptions } from '../report/plot.ts';
import { onStage, SKILL_ID, type Stage } from '../stage/stage.ts';
import { startChange } from '../stage/start.ts';
import { median } from '../statistics.ts';

const LATENCY_MS = 20;
const LEVEL = 3;
/** Starts under way at once; enough to be through with them long before the worker is. */
const LANES = 64;
const LOOK_MS = 2_000;
/** Nothing has ended for so long: something is stuck. */
const STUCK_MS = 300_000;
/** How much slower the last third may be than the first that still counts as not falling. */
const NOT_FALLING = 0.9;

interface Run {
  agents: number;
  /** When the last request was in, and when each agent was done; seconds from the first submission. */
  submittedS: number;
  doneS: number[];
  statuses: Map<string, number>;
  patches: number;
  toggles: number;
}

/** Far more requests than can be carried out at once. */
export const backlog: Figure = {
  name: 'backlog',
  title: '10,000 requests at once for 10,000 agents',
  byDefault: false,
  async measure({ quick, say }) {
    const agents = quick ? 200 : 10_000;
    return toResult(await onStage({ latencyMs: LATENCY_MS, agents, premium: true, say }, (stage) => flood(stage, say)));
  },
};

async function flood(stage: Stage, say: (line: string) => void): Promise<Run> {
  const startedAt = Date.now();
  await startAll(stage);
  const submittedS = (Date.now() - startedAt) / 1000;
  say(`  ${stage.agentIds.length} submitted in ${submittedS.toFixed(0)} s`);
  const entries = await untilAllEnded(stage, say);
  const done = new Map<string, number>();
  for (const entry of entries) {
    const { agentId = '', after } = entry;
    const isDone = after?.state === 'AVAILABLE' && after.routing.some(({ level }) => level === LEVEL);
    if (isDone && !done.has(agentId)) done.set(agentId, (epochOf(entry) - startedAt) / 1000);
  }
  const applied = entries.filter((entry) => entry.applied);
  return {
    agents: stage.agentIds.length,
    submittedS,
    doneS: [...done.values()].sort((a, b) => a - b),
    statuses: await outcomes(stage),
    patches: applied.filter(({ operation }) => operation === 'patchAgent').length,
    toggles: applied.filter(({ operation, after }) => operation === 'patchState' && after?.state === 'NOTAVAILABLE')
      .length,
  };
}

async function startAll(stage: Stage): Promise<void> {
  let next = 0;
  async function lane(): Promise<void> {
    for (let index = next++; index < stage.agentIds.length; index = next++) {
      await startChange(stage, stage.agentIds[index] ?? '', LEVEL);
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane));
}

async function untilAllEnded(
  { temporal, platform, taskQueue, agentIds }: Stage,
  say: (line: string) => void,
): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  let ended = 0;
  let changedAt = Date.now();
  while (ended < agentIds.length) {
    await delay(LOOK_MS);
    const { count } = await temporal.workflow.count(`TaskQueue = "${taskQueue}" AND ExecutionStatus != "Running"`);
    if (count > ended) changedAt = Date.now();
    if (Math.floor(count / 1000) > Math.floor(ended / 1000)) say(`  ${count} ended`);
    ended = count;
    if (Date.now() - changedAt > STUCK_MS) throw new Error(`only ${ended} of ${agentIds.length} requests have ended`);
  }
  entries.push(...(await platform.news()));
  return entries;
}

async function outcomes({ temporal, agentIds }: Stage): Promise<Map<string, number>> {
  const statuses = new Map<string, number>();
  for (const agentId of agentIds) {
    const handle = temporal.workflow.getHandle(provisionWorkflowId(DEMO_TENANT_ID, agentId));
    for (const { status } of ((await handle.result()) as ProvisionResult).outcomes) {
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  }
  return statuses;
}

function toResult(run: Run): Result {
  const { agents, doneS, statuses } = run;
  const provisioned = statuses.get('provisioned') ?? 0;
  const thirds = thirdsOf(doneS.filter((at) => at > run.submittedS));
  const fall = (thirds[2] ?? Number.NaN) / (thirds[0] ?? Number.NaN);
  return {
    method: [
      `${agents} runs are started with their request as argument, ${LANES} at a time, faster than they are worked off; one worker, embedded server, simulator with Premium limits, platform latency ${LATENCY_MS} ms. A change of skill ${SKILL_ID} is done at the instant the ledger shows the agent AVAILABLE and routed by the new level.`,
      'A third is a third of the time from the end of the submission, which takes its share of the machine, to the last change that was done. Every run’s result is read at the end.',
    ],
    verdicts: [
      {
        what: 'requests that ended as provisioned',
        target: `${agents}`,
        measured: `${provisioned}`,
        reached: provisioned === agents && doneS.length === agents,
      },
      {
        what: 'rate of the last third / first third',
        target: `does not fall: ≥ ${NOT_FALLING} ×`,
        measured: `${fall.toFixed(2)} ×`,
        reached: fall >= NOT_FALLING,
      },
    ],
    tables: [summaryTable(run, thirds)],
    plots: [{ name: 'backlog', alt: 'Changes done a minute over the time', options: plotOf(doneS) }],
  };
}

function summaryTable(run: Run, thirds: readonly number[]): Table {
  const { submittedS, doneS, patches, toggles, statuses } = run;
  return {
    caption: 'The round.',
    head: ['', ''],
    rows: [
      ['all submitted after', `${submittedS.toFixed(0)} s`],
      ['half of the changes done after', `${median(doneS).toFixed(0)} s`],
      ['all changes done after', `${(doneS.at(-1) ?? Number.NaN).toFixed(0)} s`],
      ['changes a minute, by thirds', thirds.map((rate) => rate.toFixed(0)).join(', ')],
      ['PATCHes carried out', `${patches}`],
      ['toggles', `${toggles}`],
      ['outcomes', [...statuses].map(([status, count]) => `${status} ${count}`).join(', ')],
    ],
  };
}

/** Changes a minute in each third of the time. */
function thirdsOf(doneS: readonly number[]): number[] {
  const first = doneS[0] ?? 0;
  const third = ((doneS.at(-1) ?? 0) - first) / 3;
  return [0, 1, 2].map((index) => {
    const from = first + index * third;
    const inside = doneS.filter((at) => at >= from && (index === 2 || at < from + third));
    return (inside.length * 60) / third;
  });
}

function plotOf(doneS: readonly number[]): ChartOptions {
  const windowS = 20;
  const windows = Math.max(1, Math.floor((doneS.at(-1) ?? 0) / windowS));
  return {
    title: { text: 'Changes done a minute, in windows of 20 s', left: 'center' },
    xAxis: { type: 'value', name: 's' },
    yAxis: { type: 'value', min: 0 },
    series: [
      {
        type: 'line',
        symbol: 'none',
        data: Array.from({ length: windows }, (_, index): [number, number] => {
          const inside = doneS.filter((at) => at >= index * windowS && at < (index + 1) * windowS);
          return [(index + 1) * windowS, (inside.length * 60) / windowS];
        }),
      },
    ],
  };
}
