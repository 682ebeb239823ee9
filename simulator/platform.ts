import { createAgent, isLocked, levelsOf, snapshotOf, viewOf, type AgentRecord } from './agents.ts';
import type { Call } from './call.ts';
import { flag } from './call.ts';
import { getSkill, listSkills } from './catalogue.ts';
import { Clock } from './clock.ts';
import { Directory } from './directory.ts';
import { refusal, type Answer } from './http.ts';
import { Ledger, type LedgerEntry } from './ledger.ts';
import type { AgentSeed, AgentView, Level, SkillSeed } from './model.ts';
import type { SimulatorOptions } from './options.ts';
import { Routing } from './routing.ts';
import { DEMO_AGENTS, DEMO_SKILLS, DEMO_TENANTS } from './seeds.ts';
import { Supervisor } from './supervisor.ts';
import { createTenant, type Tenant } from './tenant.ts';
import { TokenIssuer, type IssuedToken } from './token.ts';

/** An agent's inventory before anybody touched it. */
export interface InitialInventory {
  tenantId: string;
  agentId: string;
  skills: Level[];
}

/** The platform without its HTTP: tenants with their agents and skills, and what each operation does to them. */
export class Platform {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly tokens: TokenIssuer;
  readonly directory: Directory;
  readonly supervisor: Supervisor;
  readonly initialInventories: InitialInventory[] = [];
  readonly #routing: Routing;
  readonly #tenants = new Map<string, Tenant>();

  constructor(options: SimulatorOptions) {
    const tenants = options.tenants ?? DEMO_TENANTS;
    this.clock = new Clock(options.timeScale ?? 1);
    this.ledger = new Ledger(options.ledgerFile);
    this.tokens = new TokenIssuer(tenants, {
      lifetimeS: options.tokenLifetimeS ?? 3600,
      scopeClaim: options.scopeClaim ?? 'string',
    });
    this.#routing = new Routing(this.clock, options.seed ?? 1);
    this.supervisor = new Supervisor(this.clock, this.#routing);
    this.directory = new Directory(this.clock, this.#routing, {
      removalClamps: options.removalClamps ?? false,
      honoursIdempotencyKeys: options.honoursIdempotencyKeys ?? true,
      agentsPerWindow: options.throttle?.agents ?? 500,
      windowMs: options.throttle?.windowMs ?? 60_000,
    });
    for (const { tenantId, premium } of tenants) {
      this.#tenants.set(tenantId, createTenant(tenantId, premium ?? options.premium ?? false));
    }
    for (const skill of options.skills ?? DEMO_SKILLS) this.putSkill(skill);
    for (const agent of options.agents ?? DEMO_AGENTS) this.addAgent(agent);
  }

  /** Takes a request to the state it is about, and writes down what was before and after. */
  carryOut(entry: LedgerEntry, token: IssuedToken | undefined, body: unknown): Answer {
    this.ledger.processed(entry);
    const agent = this.findAgent(entry);
    if (agent !== undefined) entry.before = snapshotOf(agent);
    const answer = this.#dispatch(entry, token, body, agent);
    if (agent !== undefined) entry.after = snapshotOf(agent);
    return answer;
  }

  /** A scripted act on an agent, in the ledger as somebody else's. */
  script(
    operation: 'third-party-edit' | 'state-change' | 'lock',
    agentId: string,
    tenantId: string | undefined,
    act: (agent: AgentRecord, tenant: Tenant) => void,
    body: unknown,
  ): void {
    const tenant = this.tenant(tenantId);
    const agent = this.#agent(tenant, agentId);
    const entry = this.ledger.open({ actor: 'third-party', operation, tenantId: tenant.tenantId, agentId, body });
    this.ledger.processed(entry);
    entry.before = snapshotOf(agent);
    act(agent, tenant);
    entry.applied = true;
    entry.after = snapshotOf(agent);
    entry.etag = viewOf(agent, 0).etag;
    this.ledger.close(entry);
  }

  addAgent(seed: AgentSeed): void {
    const tenant = this.tenant(seed.tenantId);
    if (tenant.agents.has(seed.agentId)) throw new Error(`Agent ${seed.agentId} is there already.`);
    const agent = createAgent(seed, tenant.tenantId);
    tenant.agents.set(seed.agentId, agent);
    this.initialInventories.push({
      tenantId: tenant.tenantId,
      agentId: seed.agentId,
      skills: levelsOf(agent.skills),
    });
  }

  /** Adds or replaces a skill, for all tenants if none is named. */
  putSkill(skill: SkillSeed, tenantId?: string): void {
    for (const tenant of this.#some(tenantId)) tenant.skills.set(skill.skillId, { ...skill });
  }

  removeSkill(skillId: string, tenantId?: string): void {
    for (const tenant of this.#some(tenantId)) tenant.skills.delete(skillId);
  }

  disturb(agentId: string, disturbance: AgentRecord['disturbance'], tenantId?: string): void {
    Object.assign(this.#agent(this.tenant(tenantId), agentId).disturbance, disturbance);
  }

  /** Throws for an agent or a tenant that does not exist. */
  view(agentId: string, tenantId?: string): AgentView {
    return viewOf(this.#agent(this.tenant(tenantId), agentId), this.clock.now());
  }

  views(): AgentView[] {
    return [...this.#tenants.values()].flatMap(({ agents }) =>
      [...agents.values()].map((agent) => viewOf(agent, this.clock.now())),
    );
  }

  /** The catalogues, by tenant. */
  skills(): Record<string, SkillSeed[]> {
    return Object.fromEntries([...this.#tenants].map(([tenantId, { skills }]) => [tenantId, [...skills.values()]]));
  }

  /** Locks an agent as workforce management does; `seconds` are the source's. */
  lock(agent: AgentRecord, seconds: number): void {
    const refusedOnce = isLocked(agent, this.clock.now()) && agent.lock?.refusedOnce === true;
    agent.lock = { untilMono: this.clock.now() + this.clock.scaled(seconds), refusedOnce };
  }

  /** The first tenant if none is named; throws for one that does not exist. */
  tenant(tenantId?: string): Tenant {
    const tenant = tenantId === undefined ? [...this.#tenants.values()][0] : this.#tenants.get(tenantId);
    if (tenant === undefined) throw new Error(`There is no tenant ${tenantId ?? 'at all'}.`);
    return tenant;
  }

  findAgent({ tenantId, agentId }: Pick<LedgerEntry, 'tenantId' | 'agentId'>): AgentRecord | undefined {
    if (tenantId === undefined || agentId === undefined) return undefined;
    return this.#tenants.get(tenantId)?.agents.get(agentId);
  }

  #dispatch(entry: LedgerEntry, token: IssuedToken | undefined, body: unknown, agent: AgentRecord | undefined): Answer {
    if (entry.operation === 'unknown') {
      flag(entry, 'unknown-route');
      return refusal(501, 'not_implemented', 'The platform is not known to have this.');
    }
    if (token === undefined || token.revoked || Date.now() >= token.expiresAt) {
      return refusal(401, 'invalid_token', 'The token is unknown, expired or revoked.', {
        'www-authenticate': 'Bearer',
      });
    }
    const call: Call = { entry, token, body, tenant: this.tenant(token.tenantId) };
    if (entry.operation === 'listSkills' || entry.operation === 'getSkill') return readCatalogue(call);
    if (agent === undefined) return refusal(404, 'not_found', 'No such agent.');
    return this.#dispatchAgent({ ...call, agent });
  }

  #dispatchAgent(call: Call & { agent: AgentRecord }): Answer {
    switch (call.entry.operation) {
      case 'getAgent':
        if (!call.token.scopes.includes('agents:view'))
          return refusal(403, 'forbidden', 'The token lacks agents:view.');
        return this.directory.get(call);
      case 'patchAgent':
        return this.directory.patch(call);
      case 'putAgent':
        return this.directory.put(call);
      case 'getState':
        return this.supervisor.getState(call);
      case 'patchState':
        return this.supervisor.patchState(call);
      case 'getRouting':
        return this.supervisor.getRouting(call);
      default:
        return refusal(501, 'not_implemented', 'The platform is not known to have this.');
    }
  }

  #agent(tenant: Tenant, agentId: string): AgentRecord {
    const agent = tenant.agents.get(agentId);
    if (agent === undefined) throw new Error(`Tenant ${tenant.tenantId} has no agent ${agentId}.`);
    return agent;
  }

  #some(tenantId: string | undefined): Tenant[] {
    return tenantId === undefined ? [...this.#tenants.values()] : [this.tenant(tenantId)];
  }
}

function readCatalogue(call: Call): Answer {
  if (!call.token.scopes.includes('skills:view')) return refusal(403, 'forbidden', 'The token lacks skills:view.');
  return call.entry.operation === 'listSkills' ? listSkills(call) : getSkill(call);
}
