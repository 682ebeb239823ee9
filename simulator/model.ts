/** A skill an agent has. */
export interface Level {
  skillId: string;
  level: number;
}

/** A skill of the catalogue. Names are unique within a group only. */
export interface SkillSeed {
  skillId: string;
  name: string;
  skillGroup?: string;
  /** Left out of answers if not given. */
  status?: 'ACTIVE' | 'INACTIVE';
  /** None means 1–5. The platform does not enforce them; a level outside is flagged in the ledger. */
  allowedLevels?: number[];
}

/** An agent to start with. Routing agrees with the directory unless told otherwise; the state is AVAILABLE. */
export interface AgentSeed {
  agentId: string;
  /** The first tenant if not given. */
  tenantId?: string;
  skills?: Level[];
  routing?: Level[];
  state?: string;
  reason?: string;
  disturbance?: Disturbance;
}

/** A tenant and its one API client. */
export interface TenantSeed {
  tenantId: string;
  clientId: string;
  clientSecret: string;
  /** What the client's account may do; a token holds the intersection with what was asked. All four by default. */
  scopes?: string[];
  /** No throttle. */
  premium?: boolean;
}

/** How routing misbehaves for one agent. */
export interface Disturbance {
  /** Routing follows later than it should by so many milliseconds, after a toggle too. Not scaled. */
  lateMs?: number;
  /** Routing never follows again. */
  never?: boolean;
  /** So many toggles to come are ignored. */
  ignoreToggles?: number;
}

/** An agent as it is now. */
export interface AgentView {
  agentId: string;
  tenantId: string;
  /** What the directory says. */
  skills: Level[];
  /** What the router uses. */
  routing: Level[];
  state: string;
  reason?: string;
  etag: string;
  locked: boolean;
}

/** The agent's part of a ledger entry. */
export interface AgentSnapshot {
  skills: Level[];
  routing: Level[];
  state: string;
  reason?: string;
}

export const ALL_SCOPES = ['agents:edit', 'agents:view', 'skills:view', 'supervisor:control'] as const;
