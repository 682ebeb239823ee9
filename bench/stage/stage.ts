import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import {
  createProvisioningClient,
  NotAcceptedError,
  type NewRequest,
  type ProvisioningClient,
} from '../../client/index.ts';
import type { PolicyOverrides } from '../../domain/policy.ts';
import { DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, DEMO_TENANT_ID } from '../../simulator/index.ts';
import { createUndoStack, type UndoStack } from '../../worker/undo-stack.ts';
import { startPlatform, type PlatformProcess } from './platform.ts';
import { startServer, type ServerKind } from './server.ts';
import { startBenchWorker, type BenchWorker } from './worker.ts';

export interface StageOptions {
  server?: ServerKind;
  /** Of each of the platform's answers, in milliseconds. */
  latencyMs: number;
  /** How many agents there are. */
  agents: number;
  /** Differences from the policy that is used where nobody says otherwise. */
  policy?: PolicyOverrides;
  /** Without the pace of a tenant that has no Premium tier: more than that is measured. */
  premium?: boolean;
  say: (line: string) => void;
}

/** Server, simulator and one worker, each in its own process, with the defaults of production. */
export interface Stage {
  address: string;
  temporal: Client;
  client: ProvisioningClient;
  platform: PlatformProcess;
  worker: BenchWorker;
  taskQueue: string;
  /** Of a worker. */
  env: Record<string, string>;
  agentIds: readonly string[];
  undo: UndoStack;
}

/** The skill that is changed; every agent has it from the start, at {@link INITIAL_LEVEL}. */
export const SKILL_ID = 'sk-1001';
export const INITIAL_LEVEL = 1;

/** Runs `body` on a stage of its own and takes the stage down, whatever happens. */
export async function onStage<T>(options: StageOptions, body: (stage: Stage) => Promise<T>): Promise<T> {
  const undo = createUndoStack((error) => options.say(`could not be released: ${String(error)}`));
  try {
    return await body(await setStage(options, undo));
  } finally {
    await undo.release();
  }
}

async function setStage(options: StageOptions, undo: UndoStack): Promise<Stage> {
  const { server = 'embedded', latencyMs, say } = options;
  const temporalServer = await startServer(server, say);
  undo.push(() => temporalServer.stop());
  const { address } = temporalServer;

  const platform = await startPlatform(latencyMs);
  undo.push(() => platform.stop());
  const agentIds = Array.from({ length: options.agents }, (_, index) => `bench-${index + 1}`);
  await platform.addAgents(
    agentIds.map((agentId) => ({ agentId, skills: [{ skillId: SKILL_ID, level: INITIAL_LEVEL }] })),
  );

  const folder = mkdtempSync(join('.data', 'bench', 'audit-'));
  undo.push(() => {
    rmSync(folder, { recursive: true });
  });
  const taskQueue = `bench-${randomUUID().slice(0, 8)}`;
  const env = {
    TEMPORAL_ADDRESS: address,
    CXONE_TENANT_ID: DEMO_TENANT_ID,
    CXONE_CLIENT_ID: DEMO_CLIENT_ID,
    CXONE_CLIENT_SECRET: DEMO_CLIENT_SECRET,
    CXONE_BASE_URL: platform.url,
    PROVISIONING_TASK_QUEUE: taskQueue,
    AUDIT_FILE: join(folder, 'audit.jsonl'),
    CXONE_PREMIUM: String(options.premium === true),
    // As the image does.
    MALLOC_ARENA_MAX: '2',
    ...(options.policy === undefined ? {} : { PROVISIONING_POLICY: JSON.stringify(options.policy) }),
  };
  const worker = await startBenchWorker(env);
  undo.push(() => worker.stop());

  // Stays open to the end of this process: a call that was given up may have a retry planned, which fails loudly on a
  // connection that is closed.
  const temporal = new Client({ connection: await Connection.connect({ address }) });
  const client = createProvisioningClient({ temporal, tenantId: DEMO_TENANT_ID, taskQueue });
  undo.push(() => client.close());
  return { address, temporal, client, platform, worker, taskQueue, env, agentIds, undo };
}

/** A request that sets the level of {@link SKILL_ID}. */
export function changeOf(agentId: string, level: number, skillId: string = SKILL_ID): NewRequest {
  return {
    agentId,
    changes: [{ action: 'assign', skill: { skillId }, level }],
    requestedBy: 'bench',
    reason: 'measurement',
  };
}

/**
 * Carries a change out and waits for its outcome; throws unless it is `provisioned`. A request that no worker has taken
 * in time is repeated under its id, as callers are told to do.
 */
export async function provision(client: ProvisioningClient, request: NewRequest): Promise<void> {
  const identified = { ...request, requestId: randomUUID() };
  for (;;) {
    try {
      const settled = await client.provision(identified);
      if (settled.kind === 'ended' && settled.outcome.status === 'provisioned') return;
      throw new Error(`agent ${request.agentId} was not provisioned: ${JSON.stringify(settled)}`);
    } catch (error) {
      if (!(error instanceof NotAcceptedError)) throw error;
    }
  }
}
