import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
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
import type { TemporalLink } from '../temporal-link.ts';
import { ReadingStoppedError } from './errors.ts';
import { cancelTask, runTask } from './worker-task.ts';

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
        const result = runTask<AgentsPage>(
          link,
          {
            type: READ_AGENTS_WORKFLOW,
            workflowId,
            taskQueue,
            input,
            timeoutMs: giveUpAfterMs + ROOM_MS,
            staticSummary: `Read ${page.agentIds.length} agents`,
          },
          stop,
        );
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
      await Promise.all(running.map(({ workflowId }) => cancelTask(link, workflowId)));
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
