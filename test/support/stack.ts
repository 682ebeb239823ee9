import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { WorkflowNotFoundError, type Client, type WorkflowHandle } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { createProvisioningClient, type ProvisioningClient } from '../../client/index.ts';
import { readTrail } from '../../audit/read-trail.ts';
import type { AuditRecord } from '../../domain/audit-record.ts';
import type { ProvisionResult, RequestOutcome } from '../../domain/outcome.ts';
import type { PolicyOverrides } from '../../domain/policy.ts';
import type { ProvisionRequest, SkillChange } from '../../domain/request.ts';
import { PROVISION_WORKFLOW, provisionWorkflowId } from '../../domain/workflow-id.ts';
import {
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
  startSimulator,
  type AgentSeed,
  type AgentView,
  type LedgerEntry,
  type ShiftSeed,
  type Simulator,
  type SimulatorOptions,
} from '../../simulator/index.ts';
import { parseConfig } from '../../worker/config.ts';
import { createProvisioningWorker } from '../../worker/create-worker.ts';
import { ASKED_TOO_EARLY, type ProvisionStatus } from '../../workflows/provision-skill.messages.ts';
import { requestMadeBy, runCommand, type CommandRun } from './command-line.ts';
import { assertInvariants } from './invariants.ts';
import { dataConverterOf } from './payload-keys.ts';
import { runProgram, type ProgramRun } from './program.ts';
import { requestsOf } from './requests-taken.ts';
import { shiftVariables } from './shifts.ts';
import { connect, temporalAddress, uniqueName } from './temporal.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { startWorkerProcess } from './worker-process.ts';

/** The source's seconds, fifty times as fast, for the simulator and the policy alike. */
const TIME_SCALE = 1 / 50;
export const FAST_POLICY: PolicyOverrides = {
  conflictWait: '600ms',
  lockWait: '600ms',
  lockLimit: '4s',
  toggleGap: '20ms',
  verifyWindow: '300ms',
  verifyInterval: '50ms',
  propagationWindow: '1500ms',
  idleInterval: '100ms',
  idleLimit: '2s',
  outageLimit: '3s',
  requestTimeout: '1s',
  overstayAfter: '20s',
};

export interface StackOptions {
  policy?: PolicyOverrides;
  simulator?: SimulatorOptions;
  agent?: Partial<AgentSeed>;
  /** More variables of the worker. */
  env?: Record<string, string>;
  /** Another audit trail than a file: the variables that name it, and how it is read. */
  trail?: { env: Record<string, string>; read: () => Promise<AuditRecord[]> };
  /** Of another Temporal server than the one all tests share. */
  temporalAddress?: () => Promise<string>;
  /** The worker reads the agent's shifts from the simulator, often. Undefined: there is nothing to be read. */
  shifts?: { of: (agentId: string) => ShiftSeed[] | undefined; whenStale?: 'proceed' | 'wait' };
  /** 0: every workflow task replays the history from its beginning. */
  maxCachedWorkflows?: number;
  /** Where the worker runs: in this process (the default), in one of its own, or nowhere until it is started. */
  worker?: 'in-process' | 'process' | 'none';
}

/** The SDK's logger of this process; what goes wrong is seen in outcomes, histories and the ledger. */
const QUIET = new DefaultLogger('ERROR');
Runtime.install({ logger: QUIET });

/** Simulator, worker and client around one agent, each of the test's own. */
export interface Stack {
  tenantId: string;
  agentId: string;
  workflowId: string;
  taskQueue: string;
  auditFile: string;
  simulator: Simulator;
  temporal: Client;
  client: ProvisioningClient;
  /** The worker's environment, for one in another process. */
  env: Record<string, string>;
  /** A request for the agent; by default it assigns `skill-voice` at 4. */
  request(more?: Partial<ProvisionRequest>): ProvisionRequest;
  /** In this process or, with the option `process` or `none`, in one of its own. */
  startWorker(): Promise<void>;
  /** In order, as SIGTERM does. */
  stopWorker(): Promise<void>;
  /** Runs `cxone-skills` with `--json` as a process with the stack's environment. */
  cli(...args: string[]): Promise<CommandRun>;
  /** The same with other variables beside. */
  cliWith(variables: Record<string, string>, ...args: string[]): Promise<CommandRun>;
  /** What a person sees: the same without `--json`. */
  cliText(...args: string[]): Promise<ProgramRun>;
  /** Sends a request past the client's checks, as the Web UI would; the request is the start argument. */
  start(request: unknown): Promise<WorkflowHandle>;
  /** The agent as the platform has them. */
  agent(): AgentView;
  /** Waits until there is a run that shows a state that `holds`. */
  until(holds: (status: ProvisionStatus) => boolean, workflowId?: string): Promise<ProvisionStatus>;
  /** What reached the platform about the agent, by operation, without the reads. */
  writes(): LedgerEntry[];
  /** The audit trail so far. */
  audit(): Promise<AuditRecord[]>;
  /** Ends the test: every invariant holds over what the platform saw, the audit trail and the outcomes. */
  finish(): Promise<void>;
}

export function assign(skillId: string, level: number): SkillChange {
  return { action: 'assign', skill: { skillId }, level };
}

export function remove(skillId: string): SkillChange {
  return { action: 'remove', skill: { skillId } };
}

export async function startStack(t: TestContext, options: StackOptions = {}): Promise<Stack> {
  // All workers of a tenant share its pace, and those of other tests are others' workers.
  const tenantId = uniqueName('tenant');
  const agentId = uniqueName('agent');
  const taskQueue = uniqueName('queue');
  const agent: AgentSeed = { agentId, skills: [{ skillId: 'skill-base', level: 2 }], ...options.agent };
  const simulator = await startSimulator({
    timeScale: TIME_SCALE,
    tenants: [{ tenantId, clientId: DEMO_CLIENT_ID, clientSecret: DEMO_CLIENT_SECRET }],
    skills: TEST_SKILLS,
    agents: [agent],
    ...options.simulator,
  });
  t.after(() => simulator.close());
  const auditFile = join(temporaryFolder(t), 'audit.jsonl');
  const env = {
    TEMPORAL_ADDRESS: await (options.temporalAddress ?? temporalAddress)(),
    CXONE_TENANT_ID: tenantId,
    CXONE_CLIENT_ID: DEMO_CLIENT_ID,
    CXONE_CLIENT_SECRET: DEMO_CLIENT_SECRET,
    CXONE_BASE_URL: simulator.url,
    PROVISIONING_TASK_QUEUE: taskQueue,
    PROVISIONING_POLICY: JSON.stringify({ ...FAST_POLICY, ...options.policy }),
    ...(options.trail?.env ?? { AUDIT_FILE: auditFile }),
    LOG_LEVEL: 'error',
    ...(options.shifts === undefined ? {} : shiftVariables(t, simulator.url, options.shifts.whenStale)),
    ...options.env,
  };
  if (options.shifts !== undefined) simulator.setShifts(options.shifts.of(agentId));
  const temporal = await connect({ address: env.TEMPORAL_ADDRESS, ...dataConverterOf(env) });
  const client = createProvisioningClient({ temporal, tenantId, taskQueue, allowShortGap: true });
  let worker: { shutdown(): void; running: Promise<void> } | undefined;
  const made: ProvisionRequest[] = [];
  const stack: Stack = {
    tenantId,
    agentId,
    workflowId: provisionWorkflowId(tenantId, agentId),
    taskQueue,
    auditFile,
    simulator,
    temporal,
    client,
    env,
    request(more = {}) {
      const request: ProvisionRequest = {
        requestId: uniqueName('request'),
        tenantId,
        agentId,
        changes: [assign('skill-voice', 4)],
        requestedBy: 'test',
        reason: 'certified',
        ...more,
      };
      made.push(request);
      return request;
    },
    async startWorker() {
      if ((options.worker ?? 'in-process') !== 'in-process') {
        const started = startWorkerProcess(t, { ...env, LOG_LEVEL: 'info' });
        await started.untilSaid('the worker polls');
        const shutdown = (): void => {
          started.signal('SIGTERM');
        };
        worker = { shutdown, running: started.ended.then(() => undefined) };
        return;
      }
      const parsed = parseConfig(env);
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
      const { maxCachedWorkflows } = options;
      const created = await createProvisioningWorker({
        config: parsed.config,
        logger: QUIET,
        ...(maxCachedWorkflows === undefined ? {} : { maxCachedWorkflows }),
      });
      worker = { shutdown: () => created.shutdown(), running: created.run() };
      worker.running.catch(() => undefined);
    },
    async stopWorker() {
      worker?.shutdown();
      await worker?.running;
      worker = undefined;
    },
    cli: (...args) => stack.cliWith({}, ...args),
    async cliWith(variables, ...args) {
      const run = await runCommand(args, { ...env, ...variables });
      const request = requestMadeBy(args, run, { ...env, ...variables });
      if (request !== undefined && made.every(({ requestId }) => requestId !== request.requestId)) made.push(request);
      return run;
    },
    cliText: (...args) => runProgram(args, env),
    start: (request) =>
      temporal.workflow.start(PROVISION_WORKFLOW, { workflowId: stack.workflowId, taskQueue, args: [request] }),
    agent: () => simulator.agent(agentId),
    until: (holds, workflowId = stack.workflowId) => statusOnce(temporal.workflow.getHandle(workflowId), holds),
    writes: () => simulator.ledger.filter((entry) => entry.agentId === agentId && entry.operation.startsWith('patch')),
    audit: options.trail?.read ?? (async () => (existsSync(auditFile) ? await readAll(auditFile) : [])),
    async finish() {
      const { outcomes, parked } = await settledRequests(temporal, taskQueue);
      const records = await stack.audit();
      if (outcomes.length + parked.length === 0) {
        if (stack.writes().length > 0) throw new Error('something was written for no request');
        return;
      }
      assertInvariants({
        ledger: simulator.ledger,
        audit: records,
        outcomes,
        requests: await requestsOf([...outcomes, ...parked], made, { temporal, taskQueue }),
        policy: { ...FAST_POLICY, ...options.policy },
        initialInventories: simulator.initialInventories,
        timeScale: simulator.timeScale,
        parked,
        secrets: [DEMO_CLIENT_SECRET],
      });
    },
  };
  if (options.worker !== 'none') await stack.startWorker();
  t.after(() => stack.stopWorker());
  return stack;
}

async function statusOnce(handle: WorkflowHandle, holds: Parameters<Stack['until']>[0]): Promise<ProvisionStatus> {
  for (;;) {
    const status = await handle.query<ProvisionStatus>('status').catch(unlessTooEarly);
    if (status !== undefined && holds(status)) return status;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Another process may be about to start the run, or a worker to go on with it. */
function unlessTooEarly(error: unknown): undefined {
  const isGoingOn = error instanceof Error && error.message.includes(ASKED_TOO_EARLY);
  if (!isGoingOn && !(error instanceof WorkflowNotFoundError)) throw error;
}

async function readAll(auditFile: string): Promise<AuditRecord[]> {
  const records: AuditRecord[] = [];
  for await (const record of readTrail(auditFile)) records.push(record);
  return records;
}

/** What became of every request that went to a task queue: outcomes of closed runs, and what open ones say. */
async function settledRequests(
  temporal: Client,
  taskQueue: string,
): Promise<{ outcomes: RequestOutcome[]; parked: { requestId: string; reason?: string }[] }> {
  const outcomes: RequestOutcome[] = [];
  const parked: { requestId: string; reason?: string }[] = [];
  const query = `TaskQueue = "${taskQueue}" AND WorkflowType = "${PROVISION_WORKFLOW}"`;
  for await (const { workflowId, runId } of temporal.workflow.list({ query })) {
    const handle = temporal.workflow.getHandle(workflowId, runId);
    // The list lags behind.
    const { status } = await handle.describe();
    if (status.name === 'COMPLETED') {
      // What was never a request of the agent's has no digest, and nothing was done for it.
      outcomes.push(...((await handle.result()) as ProvisionResult).outcomes.filter(({ digest }) => digest !== ''));
    }
    if (status.name !== 'RUNNING') continue;
    const { requests } = await statusOnce(handle, () => true);
    for (const { requestId, outcome, reason } of requests) {
      if (outcome !== undefined) outcomes.push(outcome);
      else parked.push({ requestId, ...(reason === undefined ? {} : { reason }) });
    }
  }
  return { outcomes, parked };
}

export const TEST_SKILLS = [
  { skillId: 'skill-base', name: 'base', skillGroup: 'general', status: 'ACTIVE' },
  { skillId: 'skill-voice', name: 'voice', skillGroup: 'general', status: 'ACTIVE' },
  { skillId: 'skill-chat', name: 'chat', skillGroup: 'general', status: 'ACTIVE' },
  { skillId: 'skill-mail', name: 'mail', skillGroup: 'general', status: 'ACTIVE' },
  { skillId: 'skill-twin-a', name: 'twin', skillGroup: 'east', status: 'ACTIVE' },
  { skillId: 'skill-twin-b', name: 'twin', skillGroup: 'west', status: 'ACTIVE' },
  { skillId: 'skill-pci', name: 'pci', skillGroup: 'compliance', status: 'ACTIVE', allowedLevels: [1, 5] },
  { skillId: 'skill-old', name: 'old', skillGroup: 'general', status: 'INACTIVE' },
] as const satisfies SimulatorOptions['skills'];
