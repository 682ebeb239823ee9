import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import type { Logger } from '@temporalio/common';
import { Runtime, Worker, type NativeConnection, type WorkflowBundleOption } from '@temporalio/worker';
import type { ActivityDeps } from '../activities/deps.ts';
import { createActivities } from '../activities/index.ts';
import { UNPACED } from '../activities/pace.ts';
import { createTemporalLink } from '../client/temporal-link.ts';

import { createCxoneClient, type CxoneClient } from '../cxone/client.ts';
import type { Endpoint } from '../domain/endpoint.ts';
import { workerDataConverter } from '../payloads/data-converter.ts';
import type { PayloadRefusedError } from '../payloads/refusal.ts';
import { METRICS } from '../domain/metric-names.ts';
import type { PolledSchedule } from '../shifts/schedule.ts';
import { startHealthServer, type HealthCheck } from '../service/health.ts';
import { ListenError, type Listening } from '../service/listen.ts';
import type { WorkerConfig } from './config.ts';
import { openAuditSink } from './audit.ts';
import { createInstance, type Instance } from './instance.ts';
import { createLogger } from './logger.ts';
import { createLoginEvents, type LoginEvents } from './login-events.ts';
import type { TenantPace } from './pace.ts';
import { createPaces } from './paces.ts';
import { createRedactor, type Redactor } from '../domain/redactor.ts';
import { createRequestPort } from './request-port.ts';
import { checkScopes } from './scope-check.ts';
import { ensureSearchAttributes } from './search-attributes.ts';
import { startConfiguredSchedule } from './shift-schedule.ts';
import { EXIT, StartError } from './start-error.ts';
import { createTemporalAccess } from './temporal-access.ts';
import { connectTemporal } from './temporal-connection.ts';
import { createUndoStack } from './undo-stack.ts';
import { startWaitingGauge } from './waiting-gauge.ts';

export interface ProvisioningWorkerOptions {
  config: WorkerConfig;
  /** Stays the caller's. By default one is made as the configuration says, and closed at the end. */
  connection?: NativeConnection;
  /**
   * Sets up the SDK's runtime. Called once, when Temporal is about to be used and not before: a runtime that nothing has
   * used keeps the process alive.
   */
  installRuntime?: () => void;
  /** By default JSON lines on standard error. */
  logger?: Logger;
  /** Told every secret that is used. */
  redactor?: Redactor;
  /** By default the bundle in `dist/`. */
  workflowBundle?: WorkflowBundleOption;
  /** By default {@link CACHED_WORKFLOWS}; with 0 every workflow task replays its history. */
  maxCachedWorkflows?: number;
  /** Told of each step of a toggle, so that a test can stop the process there. */
  onToggleStep?: ActivityDeps['onToggleStep'];
}

export interface ProvisioningWorker {
  /** Where `/livez` and `/readyz` are, if they are served. */
  healthAddress: Endpoint | undefined;
  /**
   * Polls until `shutdown()`, then lets what is under way finish and releases everything. To be called once. Rejects with
   * a `StartError` if a platform that was out of reach turns out not to be usable.
   */
  run(): Promise<void>;
  /** Stops polling. Tasks under way have the configured grace, then they are cancelled. */
  shutdown(): void;
}

/** An activity that does not even end when it is cancelled may not keep the process for ever. */
const FORCE_AFTER_GRACE_MS = 15_000;
const TEMPORAL_CHECK_MS = 700;
/** What a 429 without `Retry-After` costs the tenant's writes. */
const UNTOLD_THROTTLE_MS = 1_000;
/**
 * Runs kept in memory: more than are at work at once. One that waits longer is replayed when it goes on. Where nothing
 * is said the SDK keeps as many as a heap of gigabytes holds, and a worker grows with the number of waiting agents.
 */
const CACHED_WORKFLOWS = 100;

/**
 * Makes a worker that is ready to poll: the platform's tokens have the scopes, the audit trail can be written or its database
 * is away for the time being, Temporal answers and has the search attributes. Throws a `StartError` otherwise, with everything released.
 */
export async function createProvisioningWorker(options: ProvisioningWorkerOptions): Promise<ProvisioningWorker> {
  const { config, redactor = createRedactor() } = options;
  const logger = options.logger ?? defaultLogger(config, redactor);
  const instance = createInstance();
  const undo = createUndoStack((error) => {
    logger.warn('something could not be released', { error });
  });
  try {
    return await build(options, { logger, redactor, instance, undo });
  } catch (error) {
    await undo.release();
    throw error;
  }
}

interface Surroundings {
  logger: Logger;
  redactor: Redactor;
  instance: Instance;
  undo: ReturnType<typeof createUndoStack>;
}

async function listenForProbes(
  at: Endpoint,
  checks: Record<string, HealthCheck>,
  { redactor }: Surroundings,
): Promise<Listening> {
  try {
    return await startHealthServer(at, checks, (text) => redactor.redact(text));
  } catch (error) {
    throw error instanceof ListenError ? new StartError(error.message, EXIT.configuration, { cause: error }) : error;
  }
}

async function build(options: ProvisioningWorkerOptions, around: Surroundings): Promise<ProvisioningWorker> {
  const { config } = options;
  const { logger, instance, undo } = around;
  const checks: Record<string, HealthCheck> = {
    worker: () => {
      throw new Error('starting');
    },
  };
  // First, so that a probe sees a worker that starts slowly as alive and not ready.
  const health = config.health === undefined ? undefined : await listenForProbes(config.health, checks, around);
  if (health !== undefined) undo.push(() => health.close());

  const sink = await openAuditSink(config.audit, around);
  undo.push(() => sink.close());
  const logins = createLoginEvents({ sink, instance, logger });
  undo.push(() => logins.close());

  // Of its own: the library tells by its errors what may be repeated, and those of a native connection are others.
  const access = createTemporalAccess(config.temporal, around.redactor, logger);
  const link = createTemporalLink(access.temporal, { onPayloadRefused: countRefusal });
  undo.push(() => link.close());
  const paces = createPaces(config, link, logger);
  const clients = createClients(config, around, paces, logins);
  undo.push(() => Promise.all([...clients.values()].map((client) => client.close())));
  const scopes = await checkScopes(clients, logger);
  undo.push(() => scopes.stop());

  options.installRuntime?.();
  const connection = options.connection ?? (await connectTemporal(access.temporal));
  if (options.connection === undefined) undo.push(() => connection.close());
  undo.push(access.follow(connection));
  const { namespace } = config.temporal;
  await ensureSearchAttributes(connection, namespace);

  const shifts = await startShifts(config, around);
  if (shifts !== undefined) undo.push(() => shifts.stop());

  const { payloads: protection } = config.temporal;
  const dataConverter = workerDataConverter({ namespace, protection, onRefused: countRefusal });
  const worker = await Worker.create({
    connection,
    namespace,
    dataConverter,
    taskQueue: config.taskQueue,
    identity: instance.identity,
    workflowBundle: options.workflowBundle ?? builtBundle(protection !== undefined),
    activities: createActivities({
      platformFor: (tenantId) => clients.get(tenantId),
      paceFor: (tenantId) => paces.get(tenantId) ?? UNPACED,
      sink,
      policyOverrides: config.policy,
      ...(shifts !== undefined && { shifts }),
      host: instance.host,
      ...createRequestPort(link, config.taskQueue),
      ...(options.onToggleStep !== undefined && { onToggleStep: options.onToggleStep }),
    }),
    maxConcurrentActivityTaskExecutions: 100,
    maxConcurrentLocalActivityExecutions: 100,
    maxConcurrentWorkflowTaskExecutions: 40,
    maxCachedWorkflows: options.maxCachedWorkflows ?? CACHED_WORKFLOWS,
    // A worker that died holds up the agents it had in its cache no longer than this.
    stickyQueueScheduleToStartTimeout: '5s',
    shutdownGraceTime: config.shutdownGraceMs,
    shutdownForceTime: config.shutdownGraceMs + FORCE_AFTER_GRACE_MS,
  });

  checks['worker'] = () => assertPolling(worker);
  checks['scopes'] = () => scopes.assertPassed();
  checks['audit'] = () => sink.check();
  if (shifts !== undefined) checks['shifts'] = () => shifts.assertFresh();
  checks['temporal'] = async () => {
    await connection.withDeadline(Date.now() + TEMPORAL_CHECK_MS, () => connection.workflowService.getSystemInfo({}));
  };

  let stopped = false;
  return {
    healthAddress: health?.address,
    async run() {
      const meter = Runtime.instance().metricMeter;
      const client = new Client({ connection, namespace, dataConverter });
      const gauge = startWaitingGauge({ client, taskQueue: config.taskQueue, meter, logger });
      undo.push(() => gauge.stop());
      try {
        const running = worker.run();
        logger.info('the worker polls', { taskQueue: config.taskQueue, namespace, identity: instance.identity });
        if (stopped) stop(worker);
        await untilRefused(worker, running, scopes.refused);
      } finally {
        await undo.release();
      }
    },
    shutdown() {
      stopped = true;
      stop(worker);
    },
  };
}

/** The first reading is over before anything is polled: an agent's shifts are known from the first request on. */
async function startShifts(
  { shifts }: WorkerConfig,
  { redactor, logger, instance }: Surroundings,
): Promise<PolledSchedule | undefined> {
  if (shifts === undefined) return undefined;
  const meter = Runtime.instance().metricMeter;
  return startConfiguredSchedule({ config: shifts, userAgent: instance.userAgent, redactor, logger, meter });
}

async function untilRefused(worker: Worker, running: Promise<void>, refused: Promise<never>): Promise<void> {
  try {
    await Promise.race([running, refused]);
  } catch (error) {
    stop(worker);
    await running;
    throw error;
  }
}

function stop(worker: Worker): void {
  if (worker.getState() === 'RUNNING') worker.shutdown();
}

function assertPolling(worker: Worker): void {
  const { runState, workflowPollerState, activityPollerState } = worker.getStatus();
  if (runState !== 'RUNNING') throw new Error(runState.toLowerCase());
  if (workflowPollerState !== 'POLLING' || activityPollerState !== 'POLLING') throw new Error('not polling');
}

function createClients(
  config: WorkerConfig,
  { redactor, instance }: Surroundings,
  paces: ReadonlyMap<string, TenantPace>,
  logins: LoginEvents,
): Map<string, CxoneClient> {
  return new Map(
    config.tenants.map((tenant) => {
      const clientSecret = (): string => {
        const secret = tenant.clientSecret();
        redactor.hide(secret);
        return secret;
      };
      const { tenantId, clientId, baseUrl } = tenant;
      const { userAgent } = instance;
      const onThrottled = (retryAfterMs = UNTOLD_THROTTLE_MS): void => paces.get(tenantId)?.throttled(retryAfterMs);
      const onLogin = logins.listener(tenantId);
      const hooks = { onThrottled, onLogin };
      return [tenantId, createCxoneClient({ tenantId, clientId, clientSecret, baseUrl, userAgent, ...hooks })];
    }),
  );
}

function defaultLogger(config: WorkerConfig, redactor: Redactor): Logger {
  return createLogger({ level: config.logLevel, redactor, write: (line) => process.stderr.write(line) });
}

/**
 * The bundle in `dist/`, seen from the sources or from what is built of them. In the one for workers that have keys,
 * workflows encrypt their failures.
 */
function builtBundle(isProtected: boolean): WorkflowBundleOption {
  const name = isProtected ? 'workflow-bundle-protected.js' : 'workflow-bundle.js';
  const found = [`../dist/${name}`, `../${name}`]
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(path));
  if (found === undefined) throw new StartError(`dist/${name} is missing; run npm run build.`, EXIT.failed);
  return { codePath: found };
}

/** Called when something has polled already, so that the SDK's runtime is there. */
function countRefusal({ reason }: PayloadRefusedError): void {
  const { metricMeter } = Runtime.instance();
  metricMeter.createCounter(METRICS.payloadsRefused, '1', 'Payloads that were not read').add(1, { reason });
}
