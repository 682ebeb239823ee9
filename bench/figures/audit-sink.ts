import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createProvisioningClient, type ProvisioningClient } from '../../client/index.ts';
import { parsePostgresUrl } from '../../audit/postgres-address.ts';
import { createPostgresSink } from '../../audit/postgres-sink.ts';
import { DEMO_TENANT_ID } from '../../simulator/index.ts';
import { auditRecord } from '../../test/support/audit-record.ts';
import type { BenchOptions, Figure, Result, Table } from '../figure.ts';
import { keepBusy } from '../lanes.ts';
import { onAuditTrail, type AuditStage } from '../stage/audit-trail.ts';
import { changeOf, onStage, provision, type Stage } from '../stage/stage.ts';
import { startBenchWorker } from '../stage/worker.ts';
import { median, summarise } from '../statistics.ts';

const WRITERS = 8;
/** Appends that each writer has under way: one, and as many as a busy worker. */
const IN_FLIGHT = [1, 16] as const;
const LEAST_PER_S = 2_000;
/** Of the platform's answers: that of one in the same region. */
const LATENCY_MS = 50;
const MOST_COST = 1.1;
/** What comes first in a process is slower. */
const WARM_UP = 3;
/** Its files lie in memory, where a sync has nothing to do. */
const MEMORY = '/dev/shm';
const TRAILS = ['memory', 'file', 'PostgreSQL'] as const;
type Trail = (typeof TRAILS)[number];

/** Milliseconds of one change with each trail. */
type Round = Record<Trail, number>;

const SKILLS = Array.from({ length: 8 }, (_, index) => ({ skillId: `skill-${index + 1}`, level: (index % 5) + 1 }));

/** How many records PostgreSQL takes, and what the audit trail adds to one change. */
export const auditSink: Figure = {
  name: 'audit-sink',
  title: 'Writing the audit trail to PostgreSQL, and what it costs a change',
  byDefault: true,
  async measure(options) {
    return onAuditTrail(async (trail) => {
      const rates = await measureRates(trail, options);
      return toResult(rates, await measureChanges(trail, options));
    });
  },
};

async function measureRates({ database }: AuditStage, { quick, say }: BenchOptions): Promise<number[]> {
  const parsed = parsePostgresUrl(database.writer);
  if (!parsed.ok) throw new Error('not a URL of PostgreSQL');
  const sinks = Array.from({ length: WRITERS }, () => createPostgresSink(parsed));
  const durationMs = quick ? 3_000 : 30_000;
  const rates: number[] = [];
  try {
    for (const inFlight of IN_FLIGHT) {
      const append = async (index: number): Promise<void> => {
        const facts = {
          agentId: `agent-${index % 5_000}`,
          requestId: `request-${index}`,
          before: SKILLS,
          after: SKILLS,
        };
        await sinks[index % WRITERS]?.append([auditRecord(`${inFlight}-${index}`, facts)], { checkExisting: false });
      };
      const ended = await keepBusy(WRITERS * inFlight, durationMs, append);
      rates.push((ended.length * 1_000) / durationMs);
      say(`  ${WRITERS} writers with ${inFlight} appends each: ${rates.at(-1)?.toFixed(0)} records a second`);
    }
  } finally {
    await Promise.all(sinks.map((sink) => sink.close()));
  }
  return rates;
}

async function measureChanges({ database }: AuditStage, { quick, say }: BenchOptions): Promise<Round[]> {
  const rounds = quick ? 5 : 60;
  const agents = (rounds + WARM_UP) * TRAILS.length;
  return onStage({ latencyMs: LATENCY_MS, agents, premium: true, say }, async (stage) => {
    const clients = {
      memory: await startTrail(stage, 'memory', { AUDIT_FILE: join(memoryFolder(stage), 'audit.jsonl') }),
      file: await startTrail(stage, 'file', {}),
      PostgreSQL: await startTrail(stage, 'postgres', { AUDIT_FILE: '', AUDIT_URL: database.writer }),
    };
    const measured: Round[] = [];
    for (let index = 0; index < rounds + WARM_UP; index += 1) measured.push(await measureRound(stage, clients, index));
    return measured.slice(WARM_UP);
  });
}

function memoryFolder({ undo }: Stage): string {
  const folder = mkdtempSync(join(MEMORY, 'audit-'));
  undo.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A worker of its own task queue with this trail, and a client for it. */
async function startTrail(stage: Stage, name: string, env: Record<string, string>): Promise<ProvisioningClient> {
  const taskQueue = `${stage.taskQueue}-${name}`;
  const worker = await startBenchWorker({ ...stage.env, PROVISIONING_TASK_QUEUE: taskQueue, ...env });
  stage.undo.push(() => worker.stop());
  const client = createProvisioningClient({ temporal: stage.temporal, tenantId: DEMO_TENANT_ID, taskQueue });
  stage.undo.push(() => client.close());
  return client;
}

/** One change with each trail, one after another, each time another first. Each is of an agent's own. */
async function measureRound(stage: Stage, clients: Record<Trail, ProvisioningClient>, index: number): Promise<Round> {
  const round: Round = { memory: 0, file: 0, PostgreSQL: 0 };
  for (let turn = 0; turn < TRAILS.length; turn += 1) {
    const trail = TRAILS[(index + turn) % TRAILS.length] ?? 'memory';
    const agentId = stage.agentIds[index * TRAILS.length + turn] ?? '';
    const startedAt = performance.now();
    await provision(clients[trail], changeOf(agentId, 3));
    round[trail] = performance.now() - startedAt;
  }
  return round;
}

function toResult(rates: readonly number[], rounds: readonly Round[]): Result {
  const best = Math.max(...rates);
  const cost = (trail: Trail): number => median(rounds.map((round) => round[trail] / round.memory));
  return {
    method: [
      `${WRITERS} writers are as many sinks, each with a session of its own, in one process; each append is one record of about 1 kB, and counts when its transaction is committed to the disk. PostgreSQL runs on the same machine with its defaults.`,
      `A change is measured from the submission to its outcome, platform latency ${LATENCY_MS} ms, with three workers at once, each with a task queue of its own. They differ in their trail only: a file in memory (${MEMORY}), where a sync has nothing to do; a file on the disk; PostgreSQL. In each of ${rounds.length} rounds each makes one change, in turns as to who is first; ratios are those of a round.`,
      'A file in memory is the nearest to no audit trail that a worker takes; making the record and its activity are in all three.',
    ],
    verdicts: [
      {
        what: `records a second, ${WRITERS} writers`,
        target: `≥ ${LEAST_PER_S}`,
        measured: best.toFixed(0),
        reached: best >= LEAST_PER_S,
      },
      {
        what: 'a change with PostgreSQL / with a file in memory',
        target: `≤ ${MOST_COST.toFixed(2)} ×`,
        measured: `${cost('PostgreSQL').toFixed(3)} ×`,
        reached: cost('PostgreSQL') <= MOST_COST,
      },
    ],
    tables: [rateTable(rates), changeTable(rounds, cost)],
    plots: [],
  };
}

function rateTable(rates: readonly number[]): Table {
  return {
    caption: `Records a second of ${WRITERS} writers together.`,
    head: ['appends of each writer under way', 'records a second'],
    rows: IN_FLIGHT.map((inFlight, index) => [`${inFlight}`, (rates[index] ?? 0).toFixed(0)]),
  };
}

function changeTable(rounds: readonly Round[], cost: (trail: Trail) => number): Table {
  return {
    caption: 'Milliseconds of a change: median (middle half), and the median of the ratios.',
    head: ['audit trail', 'milliseconds', '/ memory'],
    rows: TRAILS.map((trail) => {
      const { median: middle, p25, p75 } = summarise(rounds.map((round) => round[trail]));
      return [trail, `${middle.toFixed(0)} (${p25.toFixed(0)}–${p75.toFixed(0)})`, cost(trail).toFixed(3)];
    }),
  };
}
