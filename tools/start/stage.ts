import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
  DEMO_TENANT_ID,
  startSimulator,
  type Simulator,
} from '../../simulator/index.ts';
import { freePort } from '../free-port.ts';
import { provideTemporal } from '../temporal/provide.ts';
import { startWorker, type WorkerProcess } from './worker-process.ts';

const TEMPORAL_PORT = 7233;
const SIMULATOR_PORT = 8787;

/** Everything the demonstration needs, running. */
export interface Stage {
  simulator: Simulator;
  /** `host:port` */
  temporalAddress: string;
  namespace: string;
  taskQueue: string;
  /** Undefined if the Temporal is not ours, whose Web UI may be anywhere. */
  uiUrl: string | undefined;
  /** Sourced by a shell, it makes the command line and further workers meet this session. */
  envFile: string;
  worker: WorkerProcess;
  /** Starts another worker in the place of one that has ended. */
  replaceWorker(): Promise<void>;
}

/** Steps that undo what was done, to be taken last-in-first-out. */
export type Undo = (() => Promise<void>)[];

/**
 * Starts Temporal, the simulator and a worker. Each leaves its undo step as soon as it runs.
 *
 * @param preferredUiPort another one is taken if it is in use.
 * @throws Error that says what did not start, with the end of its log.
 */
export async function setStage(preferredUiPort: number, undo: Undo): Promise<Stage> {
  const uiPort = await freePort(preferredUiPort);
  // A folder for each port, so that two sessions side by side don't share files.
  const folder = join('.data', `start-${uiPort}`);
  mkdirSync(folder, { recursive: true });

  const files = { logFile: join(folder, 'temporal.log') };
  const temporal = await provideTemporal({ ...files, port: TEMPORAL_PORT, uiPort }, (line) => console.log(line));
  undo.push(() => temporal.stop());
  console.log(`Temporal   ${temporal.address}${temporal.uiUrl === undefined ? '' : `, Web UI ${temporal.uiUrl}`}`);

  const simulator = await startSimulator({
    port: await freePort(SIMULATOR_PORT),
    ledgerFile: join(folder, 'ledger.jsonl'),
  });
  undo.push(() => simulator.close());
  console.log(`Simulator  ${simulator.url}, in the platform's own time`);

  const variables = {
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: process.env['TEMPORAL_NAMESPACE'] ?? 'default',
    // On a Temporal that is not ours, somebody else's worker may poll the usual queue.
    PROVISIONING_TASK_QUEUE: temporal.uiUrl === undefined ? `skill-provisioning-${process.pid}` : 'skill-provisioning',
    CXONE_TENANT_ID: DEMO_TENANT_ID,
    CXONE_CLIENT_ID: DEMO_CLIENT_ID,
    CXONE_CLIENT_SECRET: DEMO_CLIENT_SECRET,
    CXONE_BASE_URL: simulator.url,
    AUDIT_FILE: resolve(folder, 'audit.jsonl'),
  };
  const envFile = join(folder, 'env');
  writeFileSync(envFile, toShell(variables));

  const startOne = async () =>
    startWorker({ ...variables, HEALTH_ADDRESS: `127.0.0.1:${await freePort()}` }, join(folder, 'worker.log'));
  const stage: Stage = {
    simulator,
    temporalAddress: temporal.address,
    namespace: variables.TEMPORAL_NAMESPACE,
    taskQueue: variables.PROVISIONING_TASK_QUEUE,
    uiUrl: temporal.uiUrl,
    envFile,
    worker: await startOne(),
    replaceWorker: async () => {
      stage.worker = await startOne();
    },
  };
  undo.push(() => stage.worker.stop());
  console.log(`Worker     process ${stage.worker.pid ?? '?'}; logs, ledger and audit trail in ${folder}/`);
  return stage;
}

function toShell(variables: Readonly<Record<string, string>>): string {
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`);
  return `${lines.join('\n')}\n`;
}
