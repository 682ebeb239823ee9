import { skillKey } from './desired-state.ts';
import type { SkillLevel } from './inventory.ts';
import type { SkillRef } from './request.ts';
import type { SkillAnswer } from './skill-facts.ts';

/** The registered name of the workflow that reads a page of agents. It writes nothing. */
export const READ_AGENTS_WORKFLOW = 'ReadAgentsWorkflow';

/** A page's result has to stay well under the server's 2 MB, with inventories of some fifty skills each. */
export const MAX_PAGE_AGENTS = 200;
export const MAX_PAGE_SKILLS = 500;
/** A reading that meets an outage tries again for so long at most, which bounds its history. */
export const LONGEST_READ_MS = 60 * 60_000;

/** What is to be read of a tenant. */
export interface ReadAgentsInput {
  tenantId: string;
  /** At most {@link MAX_PAGE_AGENTS}. */
  agentIds: string[];
  /** References to look up; at most {@link MAX_PAGE_SKILLS}. */
  skills: SkillRef[];
  withRouting: boolean;
  /** Then it returns without those that could not be read; at most {@link LONGEST_READ_MS}. */
  giveUpAfterMs: number;
}

/** An agent as the platform shows them. */
export interface AgentInventory {
  agentId: string;
  skills: SkillLevel[];
  etag: string;
  /** What routing uses, if it was asked for. */
  routing?: SkillLevel[];
}

export interface AgentsPage {
  agents: AgentInventory[];
  /** Agents the platform does not know. */
  unknown: string[];
  /** Agents about whom the platform gave no usable answer in time. */
  unread: string[];
  /** An answer for each reference, in the order asked. */
  skills: SkillAnswer[];
}

export function readAgentsWorkflowId(tenantId: string, readId: string, page: number): string {
  return `read-agents/${tenantId}/${readId}/${page}`;
}

/** An agent to read, and the references to look up for them. */
export interface AgentToRead {
  agentId: string;
  skills: readonly SkillRef[];
}

/** What of a {@link ReadAgentsInput} is another one for each page. */
export type AgentPage = Pick<ReadAgentsInput, 'agentIds' | 'skills'>;

/** Cuts agents into pages: before one has too many of them, or too many references. */
export function* cutPages(agents: Iterable<AgentToRead>): Generator<AgentPage> {
  let agentIds: string[] = [];
  let skills = new Map<string, SkillRef>();
  for (const { agentId, skills: own } of agents) {
    const added = own.filter((skill) => !skills.has(skillKey(skill)));
    const isFull = agentIds.length >= MAX_PAGE_AGENTS || skills.size + added.length > MAX_PAGE_SKILLS;
    if (isFull && agentIds.length > 0) {
      yield { agentIds, skills: [...skills.values()] };
      agentIds = [];
      skills = new Map();
    }
    agentIds.push(agentId);
    for (const skill of own) skills.set(skillKey(skill), skill);
  }
  if (agentIds.length > 0) yield { agentIds, skills: [...skills.values()] };
}
