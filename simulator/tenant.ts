import type { AgentRecord } from './agents.ts';
import type { Answer } from './http.ts';
import type { SkillSeed } from './model.ts';

/** What the platform keeps for one tenant. */
export interface Tenant {
  tenantId: string;
  premium: boolean;
  agents: Map<string, AgentRecord>;
  skills: Map<string, SkillSeed>;
  /** First answers by idempotency key. */
  firstAnswers: Map<string, { answer: Answer; untilMono: number }>;
  /** When each agent was last written to, for the throttle. */
  written: Map<string, number>;
}

export function createTenant(tenantId: string, premium: boolean): Tenant {
  return {
    tenantId,
    premium,
    agents: new Map(),
    skills: new Map(),
    firstAnswers: new Map(),
    written: new Map(),
  };
}
