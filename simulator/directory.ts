import { etagOf, inventoryOf, isLocked, levelsOf, setInventory, type AgentRecord, type Inventory } from './agents.ts';
import { flag, mayEditAgents, refreshesRouting, type AgentCall } from './call.ts';
import type { Clock } from './clock.ts';
import { isObject, ok, refusal, type Answer } from './http.ts';
import type { LedgerEntry } from './ledger.ts';
import type { Level } from './model.ts';
import type { Routing } from './routing.ts';
import type { Tenant } from './tenant.ts';

const KEY_REMEMBERED_S = 24 * 3600;
const REMEMBERED_REFUSALS = [409, 412, 422];

export interface DirectoryOptions {
  /** Level 0 gives level 1 instead of removing. */
  removalClamps: boolean;
  /** Whether a repeated idempotency key gets the first answer. */
  honoursIdempotencyKeys: boolean;
  /** Agents written to in one window before a tenant without Premium is throttled. */
  agentsPerWindow: number;
  windowMs: number;
}

/** The agent directory: who has which skill. */
export class Directory {
  readonly #clock: Clock;
  readonly #routing: Routing;
  readonly #options: DirectoryOptions;

  constructor(clock: Clock, routing: Routing, options: DirectoryOptions) {
    this.#clock = clock;
    this.#routing = routing;
    this.#options = options;
  }

  get({ entry, tenant, agent }: AgentCall): Answer {
    return shown(entry, tenant, agent);
  }

  /** Merges. An idempotency key is looked at before anything else. */
  patch(call: AgentCall): Answer {
    const { entry, tenant, token } = call;
    if (!mayEditAgents(token)) return refusal(403, 'forbidden', 'The token lacks agents:edit.');
    if (entry.ifMatch === undefined) flag(entry, 'no-if-match');
    const key = entry.idempotencyKey;
    if (key === undefined) flag(entry, 'no-idempotency-key');
    const first = key === undefined ? undefined : this.#firstAnswer(tenant, key);
    if (first !== undefined) {
      entry.replayed = true;
      return first;
    }
    const throttled = this.#throttle(call);
    if (throttled !== undefined) return throttled;
    const answer = this.#merge(call);
    this.remember(call, answer);
    return answer;
  }

  /** Replaces the whole inventory, as the real one does. */
  put({ entry, tenant, agent, token, body }: AgentCall): Answer {
    flag(entry, 'put-agent');
    if (!mayEditAgents(token)) return refusal(403, 'forbidden', 'The token lacks agents:edit.');
    const wishes = parseWishes(body);
    if (wishes === undefined) return refusal(422, 'validation_failed', 'The skills are malformed.');
    entry.applied = true;
    this.#set(tenant, agent, inventoryOf(wishes), refreshesRouting(token));
    return shown(entry, tenant, agent);
  }

  /** Somebody else's edit. */
  edit(tenant: Tenant, agent: AgentRecord, skills: readonly Level[]): void {
    this.#set(tenant, agent, inventoryOf(skills), true);
  }

  /** Keeps a first answer for a day. Only answers that settle the request are kept. */
  remember({ entry, tenant }: Pick<AgentCall, 'entry' | 'tenant'>, answer: Answer): void {
    const key = entry.idempotencyKey;
    const settles = answer.status === 200 || REMEMBERED_REFUSALS.includes(answer.status);
    if (key === undefined || !settles || !this.#options.honoursIdempotencyKeys) return;
    if (tenant.firstAnswers.has(key)) return;
    const untilMono = this.#clock.now() + this.#clock.scaled(KEY_REMEMBERED_S);
    tenant.firstAnswers.set(key, { answer, untilMono });
  }

  #firstAnswer(tenant: Tenant, key: string): Answer | undefined {
    const first = tenant.firstAnswers.get(key);
    if (first === undefined) return undefined;
    if (this.#clock.now() < first.untilMono) return first.answer;
    tenant.firstAnswers.delete(key);
    return undefined;
  }

  #merge({ entry, tenant, agent, token, body }: AgentCall): Answer {
    const wishes = parseWishes(body);
    if (wishes === undefined) return refusal(422, 'validation_failed', 'The skills are malformed.');
    const locked = this.#lock(agent);
    if (locked !== undefined) return locked;
    if (entry.ifMatch !== undefined && entry.ifMatch !== etagOf(agent)) {
      return refusal(412, 'precondition_failed', 'The ETag is stale.');
    }
    const skills = new Map(agent.skills);
    for (const wish of wishes) this.#mergeOne(entry, tenant, skills, wish);
    entry.applied = true;
    this.#set(tenant, agent, skills, refreshesRouting(token));
    return shown(entry, tenant, agent);
  }

  #mergeOne(entry: LedgerEntry, tenant: Tenant, skills: Inventory, { skillId, level }: Level): void {
    if (level === 0 && !this.#options.removalClamps) {
      skills.delete(skillId);
      return;
    }
    const clamped = level < 1 || level > 5;
    if (clamped) flag(entry, 'level-clamped');
    const skill = tenant.skills.get(skillId);
    if (skill === undefined) flag(entry, 'unknown-skill');
    if (skill?.allowedLevels?.includes(level) === false) flag(entry, 'level-not-allowed');
    skills.set(skillId, clamped ? 1 : level);
  }

  /** The first refusal of a lock is a 409, the others are 422. */
  #lock(agent: AgentRecord): Answer | undefined {
    if (agent.lock === undefined || !isLocked(agent, this.#clock.now())) return undefined;
    const status = agent.lock.refusedOnce ? 422 : 409;
    agent.lock.refusedOnce = true;
    return refusal(status, 'agent_locked', 'Workforce management applies a shift boundary.');
  }

  #throttle({ entry, tenant, agent }: AgentCall): Answer | undefined {
    if (tenant.premium) return undefined;
    const now = this.#clock.now();
    for (const [agentId, at] of tenant.written) if (now - at >= this.#options.windowMs) tenant.written.delete(agentId);
    if (tenant.written.has(agent.agentId) || tenant.written.size < this.#options.agentsPerWindow) {
      tenant.written.delete(agent.agentId);
      tenant.written.set(agent.agentId, now);
      return undefined;
    }
    flag(entry, 'throttled');
    const [oldest] = tenant.written.values();
    const seconds = Math.ceil(((oldest ?? now) + this.#options.windowMs - now) / 1000);
    return refusal(429, 'rate_limited', 'Too many agents a minute.', { 'retry-after': String(seconds) });
  }

  #set(tenant: Tenant, agent: AgentRecord, skills: Inventory, refreshes: boolean): void {
    if (setInventory(agent, skills) && refreshes) this.#routing.directoryChanged(tenant, agent);
  }
}

function shown(entry: LedgerEntry, tenant: Tenant, agent: AgentRecord): Answer {
  entry.etag = etagOf(agent);
  const skills = levelsOf(agent.skills).map(({ skillId, level }) => ({
    skillId,
    level,
    name: tenant.skills.get(skillId)?.name ?? 'unknown skill',
  }));
  return ok({ agentId: agent.agentId, skills }, { etag: entry.etag });
}

function parseWishes(body: unknown): Level[] | undefined {
  if (!isObject(body) || !Array.isArray(body['skills'])) return undefined;
  const wishes = body['skills'].map(parseWish);
  return wishes.every((wish) => wish !== undefined) ? wishes : undefined;
}

function parseWish(value: unknown): Level | undefined {
  if (!isObject(value)) return undefined;
  const { skillId, level } = value;
  if (typeof skillId !== 'string' || skillId === '' || !Number.isInteger(level)) return undefined;
  return { skillId, level: level as number };
}
