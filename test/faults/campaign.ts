import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { createProvisioningClient } from '../../client/index.ts';
import { provisionWorkflowId } from '../../domain/workflow-id.ts';
import {
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
  DEMO_TENANT_ID,
  startSimulator,
  type Simulator,
} from '../../simulator/index.ts';
import { checkInvariants } from '../support/invariants.ts';
import { requestsTaken } from '../support/requests-taken.ts';
import { startAudit, type AuditUnderTest } from './audit-under-test.ts';
import { breakageOf, copyBuild } from './build.ts';
import { createCallers, type Callers } from './callers.ts';
import { collectSettled, invisible, readHistories, replayHistories } from './collect.ts';
import { startFaultyNetwork } from '../support/faulty-network.ts';
import { commandOf, sizeOf, type CampaignOptions } from './options.ts';
import { planErrands } from './plan.ts';
import { armPlatform } from './platform-faults.ts';
import { emptyClaims, isSound, type CampaignReport } from './report.ts';
import { Tally } from './tally.ts';
import { createTeams } from './teams.ts';
import { startRestartableTemporal } from './temporal-under-test.ts';
import { startTroubles } from './troubles.ts';
import { startWorkerPool } from './worker-pool.ts';
import { agentSeed, POLICY, SKILLS, TIME_SCALE } from './world.ts';

const TASK_QUEUE = 'faults';
/** The last few would be alone with the faults of all. */
const FAULTY_PART = 0.95;
/** In a small campaign a few are a greater part, if every kind of fault has had its turn. */
const LEAST_FAULTY_PART = { small: 0.8, large: FAULTY_PART };
/** Half a minute more than a token must have left: it is renewed while workers live, in the midst of calls. */
const TOKEN_LIFETIME_S = 330;
/** With the faults over everything comes to rest within a fraction of this. */
const REST_LIMIT_MS = 120_000;

/**
 * One campaign: everything is started, requests are sent while faults happen, the faults end, everything comes to rest,
 * and what is left behind is judged. What it leaves stays in `options.evidence` if something is wrong.
 */
export async function runCampaign(options: CampaignOptions, say: (line: string) => void): Promise<CampaignReport> {
  const { evidence: folder, requests, seed } = options;
  const undo: (() => Promise<unknown>)[] = [];
  const startedAt = Date.now();
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  try {
    const breakage = options.broken === undefined ? undefined : breakageOf(options.broken);
    const build = await copyBuild(folder, breakage?.invariant === 'I16' ? undefined : breakage);
    const simulator = await startSimulator({
      timeScale: TIME_SCALE,
      seed,
      premium: true,
      tokenLifetimeS: TOKEN_LIFETIME_S,
      skills: SKILLS,
      agents: Array.from({ length: options.agents }, (_, index) => agentSeed(index)),
      ledgerFile: join(folder, 'ledger.jsonl'),
    });
    undo.push(() => simulator.close());
    const server = await startRestartableTemporal(options.server ?? 'embedded', folder);
    undo.push(() => server.stop());
    const network = await startFaultyNetwork(server.address);
    undo.push(() => network.close());
    const steady = await startFaultyNetwork(server.address);
    undo.push(() => steady.close());
    // Stays open until the process ends: a call that was given up can still have a retry planned.
    const connection = await Connection.connect({ address: steady.address });
    const temporal = new Client({ connection });

    const tally = new Tally();
    const trail = await startAudit(options.audit ?? 'file', folder);
    undo.push(() => trail.stop());
    const pool = startWorkerPool(
      build,
      workerEnvironment(simulator, network.address, trail, options),
      folder,
      options,
      tally,
    );
    undo.push(() => pool.close());
    const client = createProvisioningClient({
      temporal,
      tenantId: DEMO_TENANT_ID,
      taskQueue: TASK_QUEUE,
      allowShortGap: true,
    });
    const callers = createCallers(client, temporal, options, tally);
    const teams = createTeams(client, simulator, options, tally);
    armPlatform(simulator, options, tally);
    pool.killAtNamedPoints(simulator);
    const troubles = startTroubles({
      server,
      networks: [network, steady],
      network,
      audit: trail.server,
      tally,
      options,
    });
    undo.push(() => troubles.end());
    const progress = setInterval(() => say(describeProgress(callers, requests)), 5_000);
    undo.push(async () => clearInterval(progress));

    const errands = planErrands(options);
    pool.harass();
    troubles.begin();
    const isEnough = (settled: number): boolean =>
      settled >= requests * FAULTY_PART ||
      (settled >= requests * LEAST_FAULTY_PART[sizeOf(options)] && tally.tooFew.length === 0);
    const calm = callers.whenSettled(isEnough).then(async () => {
      await troubles.end();
      simulator.clearFaults();
      pool.spare();
      say('the faults are over');
    });
    await Promise.all([callers.run(errands), teams.run()]);
    await calm;

    const agentIds = [...new Set([...errands.map(({ request }) => request.agentId), ...teams.agentIds])];
    const workflowIds = agentIds.map((agentId) => provisionWorkflowId(DEMO_TENANT_ID, agentId));
    const settled = await collectSettled(temporal, workflowIds, REST_LIMIT_MS);
    const replayed = breakage?.invariant === 'I16' ? await copyBuild(join(folder, 'replayed'), breakage) : build;
    const replay = await replayHistories(temporal, replayed);

    const asked = errands.map(({ request }) => ({ ...request, tenantId: DEMO_TENANT_ID }));
    // Bulks and temporary skills make requests of their own.
    const taken = await requestsTaken(temporal, TASK_QUEUE);
    const known = [...new Map([...taken, ...asked].map((request) => [request.requestId, request])).values()];
    const histories = await readHistories(temporal);
    const audit = await trail.read();
    const invariants = checkInvariants({
      ledger: simulator.ledger,
      audit,
      outcomes: settled.outcomes,
      requests: known,
      policy: POLICY,
      initialInventories: simulator.initialInventories,
      catalogue: SKILLS,
      timeScale: TIME_SCALE,
      parked: settled.parked,
      secrets: [DEMO_CLIENT_SECRET],
      unheard: histories.unheard,
    });
    const answers = simulator.ledger.filter(({ actor }) => actor === 'client');
    const report: CampaignReport = {
      seed,
      requests,
      seconds: Math.round((Date.now() - startedAt) / 1000),
      ended: settled.outcomes.length,
      parked: settled.parked.length,
      faulty: answers.filter(({ delivered, status, madeUp }) => !delivered || status !== 200 || madeUp === true).length,
      answers: answers.length,
      invariants: { ...invariants, I16: replay },
      counts: tally.counts,
      problems: [
        ...(answers.length === 0 ? ['the ledger is empty'] : []),
        ...(audit.length === 0 ? ['the audit trail is empty'] : []),
        ...(await trail.verify()),
        ...senselessCalls(simulator),
        ...histories.failures,
        ...(await invisible(client, settled)),
        ...pool.problems(),
        ...callers.surprises,
        ...settled.contradictions.map((requestId) => `${requestId} has two different outcomes`),
        ...toldWrongly(callers, settled.outcomes),
        ...(await teams.judge({ ...settled, taken })),
      ],
    };
    report.problems.push(...emptyClaims(report));
    await writeFile(
      join(folder, 'report.json'),
      JSON.stringify({ command: commandOf(options), report, settled, errands }, undefined, 1),
    );
    if (isSound(report)) undo.unshift(() => rm(folder, { recursive: true, force: true }));
    return report;
  } finally {
    for (const release of undo.reverse()) await release().catch(() => undefined);
  }
}

function workerEnvironment(
  simulator: Simulator,
  temporalAddress: string,
  trail: AuditUnderTest,
  { paced = false }: CampaignOptions,
): Record<string, string> {
  return {
    TEMPORAL_ADDRESS: temporalAddress,
    CXONE_TENANT_ID: DEMO_TENANT_ID,
    CXONE_CLIENT_ID: DEMO_CLIENT_ID,
    CXONE_CLIENT_SECRET: DEMO_CLIENT_SECRET,
    CXONE_BASE_URL: simulator.url,
    CXONE_PREMIUM: 'true',
    // Not so low that the faults would wait for it.
    ...(paced && { CXONE_AGENTS_PER_MINUTE: '6000' }),
    PROVISIONING_TASK_QUEUE: TASK_QUEUE,
    PROVISIONING_POLICY: JSON.stringify(POLICY),
    ...trail.env,
    LOG_LEVEL: 'warn',
  };
}

function describeProgress({ ended, parked, surprises }: Callers, requests: number): string {
  const settled = `${ended + parked} of ${requests} requests settled, ${parked} of them with a person`;
  return surprises.length === 0 ? settled : `${settled}; ${surprises.length} surprises, the last: ${surprises.at(-1)}`;
}

/** What the platform takes or answers, but nobody who looked first would send. */
const SENSELESS = ['unknown-route', 'unknown-skill', 'level-not-allowed', 'level-clamped'] as const;

function senselessCalls({ ledger }: Simulator): string[] {
  return ledger
    .filter(({ actor, flags }) => actor === 'client' && SENSELESS.some((flag) => flags?.includes(flag) === true))
    .map(({ seq, method, path, flags }) => `#${seq} called ${method} ${path}: ${flags?.join(', ')}`);
}

/** A caller must have been told what the run's result says. */
function toldWrongly({ told }: Callers, outcomes: readonly { requestId: string }[]): string[] {
  const known = new Map(outcomes.map((outcome) => [outcome.requestId, JSON.stringify(outcome)]));
  return [...told].flatMap(([requestId, answers]) =>
    answers
      .filter((answer) => JSON.stringify(answer) !== known.get(requestId))
      .map(() => `${requestId}: a caller was told another outcome than the run remembers`),
  );
}
