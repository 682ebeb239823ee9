import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Info } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { ProvisioningActivities } from '../../activities/contract.ts';
import type { ActivityDeps, ToggleStep } from '../../activities/deps.ts';
import { createActivities } from '../../activities/index.ts';
import { UNPACED, type Pace } from '../../activities/pace.ts';
import { createJsonlSink } from '../../audit/jsonl-sink.ts';
import { createCxoneClient } from '../../cxone/client.ts';
import {
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
  DEMO_TENANT_ID,
  startSimulator,
  type AgentSeed,
  type LedgerEntry,
  type Simulator,
  type SimulatorOptions,
} from '../../simulator/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** The agent of a stage. */
export const AGENT = 'agent-1';

export interface StageOptions {
  simulator?: SimulatorOptions;
  agent?: Partial<AgentSeed>;
  onToggleStep?: (step: ToggleStep) => void;
  /** By default nothing is paced. */
  pace?: Pace;
  shifts?: ActivityDeps['shifts'];
}

/** The activities of a worker against a simulator, without a Temporal server. */
export interface Stage {
  simulator: Simulator;
  /** For a worker around them. */
  activities: ReturnType<typeof createActivities>;
  /** What an activity runs in; by default its first attempt, with times that no test comes near. */
  environment(info?: Partial<Info>): MockActivityEnvironment;
  run<N extends keyof ProvisioningActivities>(
    name: N,
    input: Parameters<ProvisioningActivities[N]>[0],
    environment?: MockActivityEnvironment,
  ): ReturnType<ProvisioningActivities[N]>;
  /** What reached the platform, but for tokens. */
  calls(): LedgerEntry[];
}

const QUIET = new DefaultLogger('ERROR');

/** A stage of the test's own. */
export async function startStage(t: TestContext, options: StageOptions = {}): Promise<Stage> {
  const simulator = await startSimulator({
    timeScale: 0.01,
    agents: [{ agentId: AGENT, skills: [{ skillId: 'sk-2001', level: 3 }], ...options.agent }],
    ...options.simulator,
  });
  t.after(() => simulator.close());
  const platform = createCxoneClient({
    tenantId: DEMO_TENANT_ID,
    clientId: DEMO_CLIENT_ID,
    clientSecret: () => DEMO_CLIENT_SECRET,
    userAgent: 'skill-provisioner/test (one activity)',
    baseUrl: simulator.url,
  });
  t.after(() => platform.close());
  const sink = createJsonlSink({ path: join(temporaryFolder(t), 'audit.jsonl'), warn: () => undefined });
  t.after(() => sink.close());
  const { onToggleStep, shifts } = options;
  const activities = createActivities({
    platformFor: (tenantId) => (tenantId === DEMO_TENANT_ID ? platform : undefined),
    sink,
    policyOverrides: {},
    host: 'test',
    submitRequest: noRequests,
    cancelRequest: noRequests,
    lookUpRequest: noRequests,
    paceFor: () => options.pace ?? UNPACED,
    ...(onToggleStep !== undefined && { onToggleStep }),
    ...(shifts !== undefined && { shifts }),
  });
  const stage: Stage = {
    simulator,
    activities,
    environment: (info = {}) =>
      new MockActivityEnvironment(
        { heartbeatTimeoutMs: 60_000, startToCloseTimeoutMs: 600_000, ...info },
        { logger: QUIET },
      ),
    run(name, input, environment = stage.environment()) {
      const activity = activities[name] as (input: unknown) => Promise<never>;
      return environment.run(activity, input) as ReturnType<ProvisioningActivities[typeof name]>;
    },
    calls: () => simulator.ledger.filter(({ actor, operation }) => actor === 'client' && operation !== 'token'),
  };
  return stage;
}

/** One activity alone has no runs of agents around it. */
function noRequests(): never {
  throw new Error('there is no Temporal here');
}

/** Stands still with the whole process, as one that is stopped by a signal does. */
export function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
