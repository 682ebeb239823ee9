import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Control, CONTROL_PREFIX } from './control.ts';
import { Exchange } from './exchange.ts';
import { Faults, type FaultRule } from './faults.ts';
import { createHold, type Hold, type HoldMatch } from './hold.ts';
import type { LedgerEntry } from './ledger.ts';
import type { AgentSeed, AgentView, Disturbance, Level, SkillSeed } from './model.ts';
import type { SimulatorOptions } from './options.ts';
import { Platform, type InitialInventory } from './platform.ts';
import { Workforce, type ShiftSeed } from './workforce.ts';

const LOCK_S = 120;

/** A running simulator and the strings to pull. `tenantId` is the first tenant wherever it is left out. */
export class Simulator {
  readonly timeScale: number;
  readonly workforce: Workforce;
  readonly #platform: Platform;
  readonly #faults: Faults;
  readonly #server: Server;
  readonly #latencyMs: number;
  readonly #holds = new Set<Hold>();
  #url = '';

  constructor(options: SimulatorOptions) {
    this.#platform = new Platform(options);
    this.#faults = new Faults(options.seed ?? 1);
    for (const rule of options.faults ?? []) this.#faults.add(rule);
    this.timeScale = this.#platform.clock.timeScale;
    this.workforce = new Workforce(
      (delayMs, run) => this.#platform.clock.after(delayMs, run),
      (agentId) => {
        if (this.#platform.findAgent({ tenantId: this.#platform.tenant().tenantId, agentId })) this.lock(agentId);
      },
    );
    this.#latencyMs = options.latencyMs ?? 0;
    const control = new Control(this);
    this.#server = createServer((request, response) => {
      if (request.url?.startsWith(CONTROL_PREFIX) === true) void control.serve(request, response);
      else void new Exchange(this.#platform, this.#faults, request, response).serve(this.#latencyMs);
    });
  }

  /** `http://host:port`, without a slash at the end. */
  get url(): string {
    return this.#url;
  }

  /** Every request and scripted act, in order of arrival; those under way are not complete yet. */
  get ledger(): readonly LedgerEntry[] {
    return this.#platform.ledger.entries;
  }

  /** What every agent had when it was added. */
  get initialInventories(): readonly InitialInventory[] {
    return this.#platform.initialInventories;
  }

  async listen(host: string, port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    const { port: bound } = this.#server.address() as AddressInfo;
    this.#url = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
  }

  /** Throws for an agent that does not exist. */
  agent(agentId: string, tenantId?: string): AgentView {
    return this.#platform.view(agentId, tenantId);
  }

  agents(): AgentView[] {
    return this.#platform.views();
  }

  /** The ledger's entries about one agent, in the order in which they met the state. */
  agentHistory(agentId: string, tenantId?: string): LedgerEntry[] {
    const wanted = this.#platform.tenant(tenantId).tenantId;
    return this.ledger
      .filter((entry) => entry.agentId === agentId && entry.tenantId === wanted)
      .sort((a, b) => (a.order ?? Infinity) - (b.order ?? Infinity));
  }

  skills(): Record<string, SkillSeed[]> {
    return this.#platform.skills();
  }

  /** The agent, or the telephone, changes the state. Without a reason there is none. */
  setState(agentId: string, state: string, reason?: string, tenantId?: string): void {
    const { supervisor } = this.#platform;
    const body = { state, ...(reason === undefined ? {} : { reason }) };
    this.#platform.script('state-change', agentId, tenantId, (agent) => supervisor.change(agent, state, reason), body);
  }

  /** Somebody else replaces the inventory: a new ETag, and routing follows in its time. */
  editSkills(agentId: string, skills: readonly Level[], tenantId?: string): void {
    const { directory } = this.#platform;
    const edit: Parameters<Platform['script']>[3] = (agent, tenant) => directory.edit(tenant, agent, skills);
    this.#platform.script('third-party-edit', agentId, tenantId, edit, { skills });
  }

  /** Workforce management locks the agent for so many of the source's seconds. */
  lock(agentId: string, seconds: number = LOCK_S, tenantId?: string): void {
    this.#platform.script('lock', agentId, tenantId, (agent) => this.#platform.lock(agent, seconds), { seconds });
  }

  /** Replaces the first tenant's workforce schedule; undefined: its server answers 503. */
  setShifts(shifts: readonly ShiftSeed[] | undefined): void {
    this.workforce.setShifts(shifts);
  }

  addAgent(seed: AgentSeed): void {
    this.#platform.addAgent(seed);
  }

  /** Adds a skill to one tenant, or to all. */
  addSkill(skill: SkillSeed, tenantId?: string): void {
    this.#platform.putSkill(skill, tenantId);
  }

  /** Replaces what is said of a skill id, as a bulk import that recycles it does. */
  updateSkill(skill: SkillSeed, tenantId?: string): void {
    this.#platform.putSkill(skill, tenantId);
  }

  removeSkill(skillId: string, tenantId?: string): void {
    this.#platform.removeSkill(skillId, tenantId);
  }

  /** Routing misbehaves for an agent; what is not named stays as it was. */
  disturbRouting(agentId: string, disturbance: Disturbance, tenantId?: string): void {
    this.#platform.disturb(agentId, disturbance, tenantId);
  }

  /** Every token of one tenant, or of all, answers 401 from now on. */
  revokeTokens(tenantId?: string): void {
    this.#platform.tokens.revokeAll(tenantId);
  }

  /** The secrets with which the tenant's client gets a token from now on: two while one replaces the other. */
  setClientSecrets(secrets: readonly string[], tenantId?: string): void {
    this.#platform.tokens.setSecrets(secrets, this.#platform.tenant(tenantId).tenantId);
  }

  /** Every token issued so far, for tests that look where they turn up. */
  issuedTokens(): string[] {
    return this.#platform.tokens.all();
  }

  /** Answers a function that takes the rule away again. */
  addFault(rule: FaultRule): () => void {
    return this.#faults.add(rule);
  }

  /** Takes all rules away; held requests stay held. */
  clearFaults(): void {
    this.#faults.clear();
  }

  /** Stops a request on its way. */
  hold(match: HoldMatch): Hold {
    const { rule, hold } = createHold(match);
    const remove = this.#faults.add(rule);
    const handle: Hold = {
      arrived: hold.arrived,
      release: () => {
        remove();
        this.#holds.delete(handle);
        hold.release();
      },
    };
    this.#holds.add(handle);
    return handle;
  }

  /** The first complete ledger entry that fits, past or future. */
  waitFor(predicate: (entry: LedgerEntry) => boolean): Promise<LedgerEntry> {
    return this.#platform.ledger.waitFor(predicate);
  }

  /** Ends every connection; requests under way are written down as they are. */
  async close(): Promise<void> {
    this.#faults.clear();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    for (const hold of [...this.#holds]) hold.release();
    this.#platform.clock.close();
    await closed;
    for (const entry of this.ledger) this.#platform.ledger.close(entry);
    this.#platform.ledger.closeFile();
  }
}

/** Starts a simulator; resolves when it listens. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = new Simulator(options);
  await simulator.listen(options.host ?? '127.0.0.1', options.port ?? 0);
  return simulator;
}
