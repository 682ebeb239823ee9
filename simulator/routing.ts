import { sameInventory, type AgentRecord, type Inventory } from './agents.ts';
import type { Clock } from './clock.ts';
import { seededRandom } from './random.ts';
import type { Tenant } from './tenant.ts';

const FOLLOWS_AFTER_AT_LEAST_S = 15;
const FOLLOWS_AFTER_AT_MOST_S = 45;
const TOGGLE_GAP_AT_LEAST_S = 0.5;

/** What the router knows: it follows the directory by itself, or at once after a toggle. */
export class Routing {
  readonly #clock: Clock;
  readonly #seed: number;
  readonly #randoms = new Map<AgentRecord, () => number>();

  constructor(clock: Clock, seed: number) {
    this.#clock = clock;
    this.#seed = seed;
  }

  /** The directory has changed: routing follows 15 to 45 s later. */
  directoryChanged(tenant: Tenant, agent: AgentRecord): void {
    const span = FOLLOWS_AFTER_AT_MOST_S - FOLLOWS_AFTER_AT_LEAST_S;
    const seconds = FOLLOWS_AFTER_AT_LEAST_S + span * this.#randomOf(agent)();
    this.#followIn(tenant, agent, this.#clock.scaled(seconds) + (agent.disturbance.lateMs ?? 0));
  }

  /** A call brought the agent back after `outMs`. Answers `short` if that was too soon. */
  toggled(tenant: Tenant, agent: AgentRecord, outMs: number): 'short' | 'ignored' | 'followed' {
    if (outMs < this.#clock.scaled(TOGGLE_GAP_AT_LEAST_S)) {
      this.#rollBack(tenant, agent);
      return 'short';
    }
    const ignored = agent.disturbance.ignoreToggles ?? 0;
    if (ignored > 0) {
      agent.disturbance.ignoreToggles = ignored - 1;
      return 'ignored';
    }
    this.#followIn(tenant, agent, agent.disturbance.lateMs ?? 0);
    return 'followed';
  }

  #followIn(tenant: Tenant, agent: AgentRecord, ms: number): void {
    if (ms === 0) {
      follow(tenant, agent);
      return;
    }
    const cancel = this.#clock.after(ms, () => {
      agent.pending.delete(cancel);
      follow(tenant, agent);
    });
    agent.pending.add(cancel);
  }

  /** Back to the set before the last change, and nothing of what was under way happens any more. */
  #rollBack(tenant: Tenant, agent: AgentRecord): void {
    for (const cancel of agent.pending) cancel();
    agent.pending.clear();
    if (sameInventory(agent.routing, routable(tenant, agent))) agent.routing = new Map(agent.previousRouting);
  }

  #randomOf(agent: AgentRecord): () => number {
    const known = this.#randoms.get(agent);
    if (known !== undefined) return known;
    const random = seededRandom(this.#seed, `routing/${agent.tenantId}/${agent.agentId}`);
    this.#randoms.set(agent, random);
    return random;
  }
}

function follow(tenant: Tenant, agent: AgentRecord): void {
  if (agent.disturbance.never === true) return;
  const next = routable(tenant, agent);
  if (sameInventory(agent.routing, next)) return;
  agent.previousRouting = agent.routing;
  agent.routing = next;
}

/** The router drops what the catalogue does not know. */
function routable(tenant: Tenant, agent: AgentRecord): Inventory {
  return new Map([...agent.skills].filter(([skillId]) => tenant.skills.has(skillId)));
}
