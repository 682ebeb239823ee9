import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import {
  cutPages,
  LONGEST_READ_MS,
  MAX_PAGE_SKILLS,
  READ_AGENTS_WORKFLOW,
  readAgentsWorkflowId,
  type AgentPage,
  type AgentsPage,
  type AgentToRead,
  type ReadAgentsInput,
} from '../../domain/agents-page.ts';
import type { SkillRef } from '../../domain/request.ts';
import type { SkillAnswer } from '../../domain/skill-facts.ts';
import { NoWorkerError, TemporalUnreachableError } from '../errors.ts';
import type { TemporalLink } from '../temporal-link.ts';
import { ReadingRefusedError, ReadingStoppedError } from './errors.ts';

export interface ReadOptions {
  /** How long the platform may keep us waiting; default 15 minutes, one hour at most. */
  timeoutMs?: number;
  /** Ends the reading with a `ReadingStoppedError`. */
  signal?: AbortSignal;
  /** Told how many agents have been read. */
  onProgress?: (read: number) => void;
}

/** Reads through workers. Throws `ReadingRefusedError`, `ReadingStoppedError`, `NoWorkerError` and others. */
export interface AgentReader {
  /** Page by page, in the order given. */
  agents(agents: Iterable<AgentToRead>, options?: ReadOptions & { withRouting?: boolean }): AsyncGenerator<AgentsPage>;
  /** What references lead to, in the order given. */
  skills(skills: readonly SkillRef[], options?: ReadOptions): Promise<SkillAnswer[]>;
}

/** Pages that are read beside one another. What has been read waits for whoever takes it, so this bounds the memory. */
const PAGES_AT_ONCE = 3;
const DEFAULT_TIMEOUT_MS = 15 * 60_000;
/** A worker that is there takes a page up at once. */
const TAKEN_WITHIN_MS = 9_000;
/** For a page that is done, or given up, to be told. */
const ROOM_MS = 30_000;

/** A workflow for each page does the reading. */
export function createAgentReader(link: TemporalLink, tenantId: string, taskQueue: string): AgentReader {
  async function* read(
    pages: Iterable<AgentPage>,
    {
      timeoutMs = DEFAULT_TIMEOUT_MS,
      signal,
      onProgress,
      withRouting = false,
    }: ReadOptions & { withRouting?: boolean },
  ): AsyncGenerator<AgentsPage> {
    const readId = randomUUID();
    const over = new AbortController();
    const stop = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]);
    // The SDK adds a listener with each call and leaves it there; they go with this signal.
    setMaxListeners(0, stop);
    const giveUpAfterMs = Math.min(timeoutMs, LONGEST_READ_MS);
    const running: { workflowId: string; agents: number; result: Promise<AgentsPage> }[] = [];
    let count = 0;
    let done = 0;
    const take = async (first: (typeof running)[number]): Promise<AgentsPage> => {
      const page = await first.result;
      running.shift();
      done += first.agents;
      onProgress?.(done);
      return page;
    };
    try {
      for (const page of pages) {
        const workflowId = readAgentsWorkflowId(tenantId, readId, count);
        count += 1;
        const input: ReadAgentsInput = { tenantId, ...page, withRouting, giveUpAfterMs };
        const result = readPage(link, taskQueue, workflowId, input, stop);
        result.catch(() => undefined);
        running.push({ workflowId, agents: page.agentIds.length, result });
        if (running.length >= PAGES_AT_ONCE && running[0] !== undefined) yield await take(running[0]);
      }
      while (running[0] !== undefined) yield await take(running[0]);
    } catch (error) {
      if (signal?.aborted === true) throw new ReadingStoppedError();
      throw error;
    } finally {
      over.abort();
      await Promise.all(running.map(({ workflowId }) => cancel(link, workflowId)));
    }
  }

  return {
    agents: (agents, options = {}) => read(cutPages(agents), options),
    async skills(skills, options = {}) {
      const answers: SkillAnswer[] = [];
      const pages = Array.from({ length: Math.ceil(skills.length / MAX_PAGE_SKILLS) }, (_, index) => ({
        agentIds: [],
        skills: skills.slice(index * MAX_PAGE_SKILLS, (index + 1) * MAX_PAGE_SKILLS),
      }));
      for await (const page of read(pages, options)) answers.push(...page.skills);
      return answers;
    },
  };
}

async function readPage(
  link: TemporalLink,
  taskQueue: string,
  workflowId: string,
  input: ReadAgentsInput,
  stop: AbortSignal,
): Promise<AgentsPage> {
  await link.call((client) =>
    client.workflow.start(READ_AGENTS_WORKFLOW, {
      workflowId,
      taskQueue,
      args: [input],
      workflowExecutionTimeout: input.giveUpAfterMs + ROOM_MS,
      staticSummary: `Read ${input.agentIds.length} agents`,
    }),
  );
  return Promise.race([resultOf(link, workflowId, stop), unlessTaken(link, taskQueue, workflowId, stop)]);
}

async function resultOf(link: TemporalLink, workflowId: string, stop: AbortSignal): Promise<AgentsPage> {
  for (;;) {
    const client = await link.client();
    try {
      return await client.connection.withAbortSignal(
        stop,
        () => client.workflow.getHandle(workflowId).result() as Promise<AgentsPage>,
      );
    } catch (error) {
      stop.throwIfAborted();
      if (error instanceof WorkflowFailedError) throw refusal(error, workflowId);
      if (link.unreachable(error) === undefined) throw error;
      // The server may be back in a moment; if it is not, this throws.
      await link.call((connected) => connected.workflow.getHandle(workflowId).describe());
    }
  }
}

/** Rejects if no worker has taken the page up in time; else it never ends. */
async function unlessTaken(
  link: TemporalLink,
  taskQueue: string,
  workflowId: string,
  stop: AbortSignal,
): Promise<never> {
  const never = new Promise<never>(() => undefined);
  try {
    await delay(TAKEN_WITHIN_MS, undefined, { signal: stop, ref: false });
    const { historyLength } = await link.call((client) => client.workflow.getHandle(workflowId).describe());
    // The start, and the task that nobody has taken.
    if (historyLength > 2) return await never;
  } catch (error) {
    if (error instanceof TemporalUnreachableError) throw error;
    return never;
  }
  throw new NoWorkerError(taskQueue, workflowId);
}

function refusal(error: WorkflowFailedError, workflowId: string): Error {
  if (error.cause instanceof TimeoutFailure) return new ReadingRefusedError(`${workflowId} took too long`);
  const cause = error.cause?.cause ?? error.cause;
  return new ReadingRefusedError(cause instanceof ApplicationFailure ? cause.message : error.message);
}

/** What nobody waits for any more; one that has ended does not mind. */
async function cancel(link: TemporalLink, workflowId: string): Promise<void> {
  try {
    await link.call((client) => client.workflow.getHandle(workflowId).cancel());
  } catch {
    // It ends by itself when its time is over.
  }
}
