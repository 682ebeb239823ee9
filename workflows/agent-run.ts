import { CancellationScope, condition, patched, workflowInfo } from '@temporalio/workflow';
import { packRequests, type CarriedState } from './carried-state.ts';
import { EventJournal } from './event-journal.ts';
import type { ProvisionState } from './provision-skill.messages.ts';
import { RequestQueue } from './request-queue.ts';

/** What became of a piece of work that could be interrupted. */
export type Interruptible<T> = { done: true; value: T } | { done: false };

/** One run of the workflow for one agent: who it is for, where it stands, and its requests. */
export class AgentRun {
  readonly workflowId = workflowInfo().workflowId;
  readonly runId = workflowInfo().runId;
  readonly tenantId: string;
  readonly agentId: string;
  readonly queue: RequestQueue;
  readonly journal = new EventJournal();
  state: ProvisionState = 'Queued';
  stateSince = Date.now();
  waitingFor: string | undefined;
  /** The agent's state as last read or set; `readAt` in unix milliseconds. */
  agentState: { state: string; readAt: number } | undefined;
  private lastKeyTime: number;
  private hasLooked: boolean;
  private lastMessageAt = -1;
  private messages = 0;

  constructor(agent: { tenantId: string; agentId: string }, carried?: CarriedState) {
    this.tenantId = agent.tenantId;
    this.agentId = agent.agentId;
    this.queue = new RequestQueue(carried, () => patched('names-wait-for-ids'));
    this.lastKeyTime = carried?.lastKeyTime ?? 0;
    this.hasLooked = carried !== undefined;
    this.agentState = carried?.agentState;
  }

  enter(state: ProvisionState, waitingFor?: string): void {
    if (state !== this.state) this.stateSince = Date.now();
    this.state = state;
    this.waitingFor = waitingFor;
  }

  sawAgent(state: string): void {
    this.agentState = { state, readAt: Date.now() };
  }

  /** Unix milliseconds, strictly increasing within a run and the runs that continue it. */
  readonly nextKeyTime = (): number => {
    this.lastKeyTime = Math.max(Date.now(), this.lastKeyTime + 1);
    return this.lastKeyTime;
  };

  /** Notes that an update is answered in the present workflow task; see {@link answersInThisTask}. */
  noteMessage(): void {
    this.messages += 1;
    this.lastMessageAt = workflowInfo().historyLength;
  }

  /** An update answered in the task that continues as new may be lost (temporalio/temporal#6375). */
  get answersInThisTask(): boolean {
    return this.lastMessageAt === workflowInfo().historyLength;
  }

  /**
   * Whether a first look may be a local activity: only in the first round of a run to which nobody else can be talking
   * yet. The SDK can write a history that does not replay when a query is answered while a local activity runs and an
   * update follows (docs/decisions/0013).
   */
  get isUndisturbed(): boolean {
    return this.messages <= 1 && !this.hasLooked;
  }

  /** The first round of reads is over. */
  noteFirstLook(): void {
    this.hasLooked = true;
  }

  /** The server suggests to continue as new. */
  get isTooLong(): boolean {
    return workflowInfo().continueAsNewSuggested;
  }

  carry(): CarriedState {
    return {
      ...packRequests(this.queue.open),
      outcomes: [...this.queue.outcomes],
      unlisted: [...this.queue.unlisted],
      lastKeyTime: this.lastKeyTime,
      ...(this.agentState === undefined ? {} : { agentState: this.agentState }),
    };
  }
}

/** A durable wait that ends early when `interrupted` turns true; says whether it did. */
export async function pause(ms: number, summary: string, interrupted: () => boolean): Promise<boolean> {
  return condition(interrupted, Math.max(ms, 1), { summary });
}

/** Runs activities that may take hours; when `interrupted` turns true they are cancelled and left behind. */
export async function unlessInterrupted<T>(
  work: () => Promise<T>,
  interrupted: () => boolean,
): Promise<Interruptible<T>> {
  if (interrupted()) return { done: false };
  const working = new CancellationScope({ cancellable: true });
  const watching = new CancellationScope({ cancellable: true });
  const result = working.run(work).then((value): Interruptible<T> => ({ done: true, value }));
  const interruption = watching.run(() => condition(interrupted)).then((): Interruptible<T> => ({ done: false }));
  result.catch(() => undefined);
  interruption.catch(() => undefined);
  try {
    return await Promise.race([result, interruption]);
  } finally {
    working.cancel();
    watching.cancel();
  }
}
