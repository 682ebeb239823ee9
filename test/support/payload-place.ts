import { Context } from '@temporalio/activity';
import type { Client, WorkflowHandle, WorkflowStartOptions } from '@temporalio/client';
import { ApplicationFailure, type Payload } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { TestContext } from 'node:test';
import { clientDataConverter, workerDataConverter } from '../../payloads/data-converter.ts';
import { payloadKeysFile, protectionIn } from './payload-keys.ts';
import type { PlaceActivities, PlaceOrder } from './payload-workflows.ts';
import { connect, temporalAddress, uniqueName } from './temporal.ts';

const QUIET = new DefaultLogger('ERROR', () => undefined);
Runtime.install({ logger: QUIET });
export const PLANTED = 'planted text';
let bundling: Promise<{ code: string }> | undefined;

function bundle(): Promise<{ code: string }> {
  const workflowsPath = new URL('./payload-workflows.ts', import.meta.url).pathname;
  const failureConverterPath = new URL('../../payloads/failure-converter.cjs', import.meta.url).pathname;
  bundling ??= bundleWorkflowCode({ workflowsPath, failureConverterPath, logger: QUIET });
  return bundling;
}

const activities: PlaceActivities = {
  shout: async (text) => text.toUpperCase(),
  async remember(text) {
    const { info } = Context.current();
    if (info.attempt > 1) return `${String(info.heartbeatDetails)} remembered`;
    Context.current().heartbeat(text);
    throw ApplicationFailure.retryable(`${text} failed`);
  },
  async fail(text) {
    throw ApplicationFailure.create({
      message: `${text} failed`,
      type: 'Planned',
      nonRetryable: true,
      details: [text],
    });
  },
};

export interface Place {
  client: Client;
  raw: Client;
  taskQueue: string;
  start(order: PlaceOrder, more?: Partial<WorkflowStartOptions>): Promise<WorkflowHandle>;
}

/**
 * A worker and a client with the same keys, and a client that sees what Temporal has. Each workflow task replays, so that
 * every payload is read again.
 */
export async function startPlace(t: TestContext, { worker: isWanted = true } = {}): Promise<Place> {
  const keys = payloadKeysFile(t);
  const taskQueue = uniqueName('places');
  const client = await connectWith(keys);
  const raw = await connect();
  if (isWanted) t.after(await startPlaceWorker(taskQueue, keys, { maxCachedWorkflows: 0 }));
  const start: Place['start'] = (order, more = {}) =>
    client.workflow.start('PlaceWorkflow', { taskQueue, workflowId: uniqueName('place'), args: [order], ...more });
  return { client, raw, taskQueue, start };
}

/** A client with the keys of a file, or without any. */
export function connectWith(file: string | undefined): Promise<Client> {
  const protection = file === undefined ? undefined : protectionIn(file);
  return connect({ dataConverter: clientDataConverter({ namespace: 'default', protection }) });
}

/** A worker with the keys of a file; what it resolves to stops it. */
export async function startPlaceWorker(
  taskQueue: string,
  file: string,
  options: { maxCachedWorkflows?: number } = {},
): Promise<() => Promise<void>> {
  const { code } = await bundle();
  const connection = await NativeConnection.connect({ address: await temporalAddress() });
  const dataConverter = workerDataConverter({ namespace: 'default', protection: protectionIn(file) });
  const workflowBundle = { code };
  const worker = await Worker.create({ connection, taskQueue, dataConverter, workflowBundle, activities, ...options });
  const running = worker.run();
  return async () => {
    worker.shutdown();
    await running;
    await connection.close();
  };
}

export async function startedInput({ raw }: Place, workflowId: string): Promise<Payload[] | undefined> {
  const { events } = await raw.workflow.getHandle(workflowId).fetchHistory();
  return events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads as Payload[] | undefined;
}
