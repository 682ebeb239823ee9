import { proxyActivities, sleep } from '@temporalio/workflow';
import type { ReadingActivities } from '../activities/contract.ts';
import {
  LONGEST_READ_MS,
  MAX_PAGE_AGENTS,
  MAX_PAGE_SKILLS,
  type AgentInventory,
  type AgentsPage,
  type ReadAgentsInput,
} from '../domain/agents-page.ts';
import { AGENT_ID_PATTERN, TENANT_ID_PATTERN } from '../domain/request.ts';
import type { SkillAnswer } from '../domain/skill-facts.ts';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** Reads a page of agents, and again those who could not be read, until all are or the time is over. */
export async function readPage(input: ReadAgentsInput): Promise<AgentsPage> {
  const [agents, skills] = await Promise.all([readAgents(input), lookUpSkills(input)]);
  return { ...agents, skills };
}

/** What keeps an input from being used. The schemas are the client's; this is for a start by hand. */
export function problemOfReading(input: unknown): string | undefined {
  if (typeof input !== 'object' || input === null) return 'the input must be an object';
  const { tenantId, agentIds, skills, withRouting, giveUpAfterMs } = input as Partial<
    Record<keyof ReadAgentsInput, unknown>
  >;
  if (typeof tenantId !== 'string' || !TENANT_ID_PATTERN.test(tenantId)) return 'tenantId must be one DNS label';
  const isAgentId = (id: unknown): boolean => typeof id === 'string' && AGENT_ID_PATTERN.test(id);
  if (!Array.isArray(agentIds) || agentIds.length > MAX_PAGE_AGENTS || !agentIds.every(isAgentId)) {
    return `agentIds must hold at most ${MAX_PAGE_AGENTS} ids of agents`;
  }
  if (!Array.isArray(skills) || skills.length > MAX_PAGE_SKILLS || !skills.every(isReference)) {
    return `skills must hold at most ${MAX_PAGE_SKILLS} references`;
  }
  if (typeof withRouting !== 'boolean') return 'withRouting must be true or false';
  if (typeof giveUpAfterMs !== 'number' || !(giveUpAfterMs >= 0 && giveUpAfterMs <= LONGEST_READ_MS)) {
    return `giveUpAfterMs must be a number up to ${LONGEST_READ_MS}`;
  }
  return undefined;
}

function isReference(skill: unknown): boolean {
  if (typeof skill !== 'object' || skill === null) return false;
  const { skillId, name, skillGroup } = skill as Record<string, unknown>;
  const texts = [skillId, name, skillGroup].filter((text) => text !== undefined);
  return texts.every((text) => typeof text === 'string') && (skillId !== undefined || name !== undefined);
}

async function readAgents({
  tenantId,
  agentIds,
  withRouting,
  giveUpAfterMs,
}: ReadAgentsInput): Promise<Omit<AgentsPage, 'skills'>> {
  const agents = new Map<string, AgentInventory>();
  const unknown: string[] = [];
  let unread = agentIds;
  const deadline = Date.now() + giveUpAfterMs;
  let pauseMs = FIRST_PAUSE_MS;
  while (unread.length > 0) {
    const summary = `read ${unread.length} agents`;
    const answer = await reading(giveUpAfterMs, summary).readAgents({ tenantId, agentIds: unread, withRouting });
    for (const agent of answer.agents) agents.set(agent.agentId, agent);
    unknown.push(...answer.unknown);
    unread = answer.unread;
    const waitMs = Math.max(pauseMs, answer.retryAfterMs ?? 0);
    if (unread.length === 0 || Date.now() + waitMs > deadline) break;
    await sleep(waitMs, { summary: `${unread.length} agents could not be read` });
    // Longer and longer only while nobody could be read: who waits for a turn is not to be slowed down.
    pauseMs = answer.agents.length > 0 ? FIRST_PAUSE_MS : Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
  }
  return { agents: agentIds.flatMap((agentId) => agents.get(agentId) ?? []), unknown, unread };
}

async function lookUpSkills({ tenantId, skills, giveUpAfterMs }: ReadAgentsInput): Promise<SkillAnswer[]> {
  if (skills.length === 0) return [];
  return reading(giveUpAfterMs, `look ${skills.length} skills up`).lookUpSkills({ tenantId, skills });
}

function reading(giveUpAfterMs: number, summary: string): ReadingActivities {
  return proxyActivities<ReadingActivities>({
    // It ends itself when the platform does not answer; a worker that died shows by its heartbeat.
    startToCloseTimeout: LONGEST_READ_MS,
    scheduleToCloseTimeout: Math.max(giveUpAfterMs, FIRST_PAUSE_MS),
    heartbeatTimeout: '10s',
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s' },
    summary,
  });
}
