import type { AgentSeed, AgentSnapshot, AgentView, Disturbance, Level } from './model.ts';

/** An agent's levels by skill id. */
export type Inventory = Map<string, number>;

/** An agent as the simulator keeps it. */
export interface AgentRecord {
  agentId: string;
  tenantId: string;
  skills: Inventory;
  /** Grows with every change of the inventory; the ETag is made of it. */
  version: number;
  routing: Inventory;
  /** What routing used before its last change. */
  previousRouting: Inventory;
  state: string;
  reason: string | undefined;
  /** Monotonic time at which a call took the agent out of AVAILABLE; undefined if none did. */
  takenOutMono: number | undefined;
  lock: { untilMono: number; refusedOnce: boolean } | undefined;
  disturbance: Disturbance;
  /** Cancels what routing was about to do. */
  pending: Set<() => void>;
}

export function createAgent(seed: AgentSeed, tenantId: string): AgentRecord {
  const skills = inventoryOf(seed.skills ?? []);
  const routing = inventoryOf(seed.routing ?? seed.skills ?? []);
  return {
    agentId: seed.agentId,
    tenantId,
    skills,
    version: 1,
    routing,
    previousRouting: new Map(routing),
    state: seed.state ?? 'AVAILABLE',
    reason: seed.reason,
    takenOutMono: undefined,
    lock: undefined,
    disturbance: { ...seed.disturbance },
    pending: new Set(),
  };
}

export function inventoryOf(levels: readonly Level[]): Inventory {
  return new Map(levels.map(({ skillId, level }) => [skillId, level]));
}

export function levelsOf(inventory: Inventory): Level[] {
  return [...inventory].map(([skillId, level]) => ({ skillId, level }));
}

export function sameInventory(a: Inventory, b: Inventory): boolean {
  return a.size === b.size && [...a].every(([skillId, level]) => b.get(skillId) === level);
}

/** Sets the inventory. The ETag changes only if the inventory does; answers whether it did. */
export function setInventory(agent: AgentRecord, skills: Inventory): boolean {
  if (sameInventory(agent.skills, skills)) return false;
  agent.skills = skills;
  agent.version += 1;
  return true;
}

export function etagOf(agent: AgentRecord): string {
  return `"${agent.agentId}-${agent.version}"`;
}

export function isLocked(agent: AgentRecord, nowMono: number): boolean {
  return agent.lock !== undefined && nowMono < agent.lock.untilMono;
}

export function snapshotOf(agent: AgentRecord): AgentSnapshot {
  return {
    skills: levelsOf(agent.skills),
    routing: levelsOf(agent.routing),
    state: agent.state,
    ...(agent.reason === undefined ? {} : { reason: agent.reason }),
  };
}

export function viewOf(agent: AgentRecord, nowMono: number): AgentView {
  return {
    agentId: agent.agentId,
    tenantId: agent.tenantId,
    ...snapshotOf(agent),
    etag: etagOf(agent),
    locked: isLocked(agent, nowMono),
  };
}
