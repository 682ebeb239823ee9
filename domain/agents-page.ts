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
