import { after } from 'node:test';
import { InterceptingCall, type Interceptor } from '@grpc/grpc-js';
import { Client, Connection } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import { startProductionServer, type ProductionServer } from '../../tools/temporal/production-server.ts';
import { PROMPT_TIMERS } from '../../tools/temporal/server.ts';

const { StartWorkflowExecutionRequest, ExecuteMultiOperationRequest } = proto.temporal.api.workflowservice.v1;
/** Room for minutes of looks, a second apart; an end to an endless loop. */
const SKIPPING = { enabled: true, maxSessionSkipCount: 1_000 };

let server: Promise<ProductionServer> | undefined;
let connection: Promise<Connection> | undefined;

after(async () => {
  await (await connection)?.close();
  await (await server)?.stop();
});

/**
 * `host:port` of a server of this process whose runs can skip time, which the development server of the Temporal CLI
 * can not. It keeps everything in memory and ends with the tests of this file.
 */
export async function virtualTimeAddress(): Promise<string> {
  server ??= startProductionServer({
    store: { kind: 'memory' },
    logFile: `test-evidence/temporal-virtual-time-${process.pid}.log`,
    dynamicConfig: { ...PROMPT_TIMERS, 'frontend.WorkflowTimeSkippingEnabled': true },
    report: (line) => process.stderr.write(`${line}\n`),
  });
  return (await server).address;
}

/**
 * A client whose runs live in virtual time: when a run has nothing to do but wait, for a timer or for the next try of an
 * activity, its clock jumps there. Times in its history are those of its clock. It does not jump while an activity is
 * under way, so that what an activity waits for by itself takes real time.
 */
export async function connectInVirtualTime(): Promise<Client> {
  connection ??= Connection.connect({ address: await virtualTimeAddress(), interceptors: [skipTime] });
  return new Client({ connection: await connection });
}

/** The SDK's client has no option for it, and what comes through here is encoded already. */
const skipTime: Interceptor = (options, nextCall) =>
  new InterceptingCall(nextCall(options), {
    sendMessage: (message: unknown, next: (message: unknown) => void) => {
      next(message instanceof Uint8Array ? withSkipping(options.method_definition.path, message) : message);
    },
  });

function withSkipping(method: string, message: Uint8Array): Uint8Array {
  if (method.endsWith('/StartWorkflowExecution')) {
    const start = StartWorkflowExecutionRequest.decode(message);
    start.timeSkippingConfig = SKIPPING;
    return Buffer.from(StartWorkflowExecutionRequest.encode(start).finish());
  }
  if (!method.endsWith('/ExecuteMultiOperation')) return message;
  const request = ExecuteMultiOperationRequest.decode(message);
  for (const { startWorkflow } of request.operations) {
    if (startWorkflow != null) startWorkflow.timeSkippingConfig = SKIPPING;
  }
  return Buffer.from(ExecuteMultiOperationRequest.encode(request).finish());
}

/** Milliseconds since the epoch by the clock of an agent's run. */
export async function virtualNow(client: Client, workflowId: string): Promise<number> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  return tsToMs(raw.workflowExtendedInfo?.timeSkippingInfo?.currentTime);
}

/** A timer of a run: what was asked for, and the time by the run's clock until it fired. */
export interface Waited {
  askedMs: number;
  tookMs: number;
  firedAt: number;
}

/** What a run did when, in milliseconds of its own clock since the epoch. */
export interface VirtualHistory {
  /** Timers that have fired. */
  timers: Waited[];
  /** Activities that have ended, with all their tries. */
  activities: { type: string; scheduledAt: number; endedAt: number }[];
}

export async function virtualHistory(client: Client, workflowId: string): Promise<VirtualHistory> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const begun = new Map<string, { what: string; at: number }>();
  const history: VirtualHistory = { timers: [], activities: [] };
  for (const event of events ?? []) {
    const at = tsToMs(event.eventTime);
    const timer = event.timerStartedEventAttributes;
    const activity = event.activityTaskScheduledEventAttributes;
    if (timer != null) begun.set(String(event.eventId), { what: String(tsToMs(timer.startToFireTimeout)), at });
    if (activity != null) begun.set(String(event.eventId), { what: activity.activityType?.name ?? '', at });
    const fired = begun.get(String(event.timerFiredEventAttributes?.startedEventId));
    if (fired !== undefined) history.timers.push({ askedMs: Number(fired.what), tookMs: at - fired.at, firedAt: at });
    const end = event.activityTaskCompletedEventAttributes ?? event.activityTaskFailedEventAttributes;
    const ended = begun.get(String(end?.scheduledEventId));
    if (ended !== undefined) history.activities.push({ type: ended.what, scheduledAt: ended.at, endedAt: at });
  }
  return history;
}
