import type { RequestAuditData, AuditRecord } from '../../domain/audit-record.ts';
import type { SkillLevel } from '../../domain/inventory.ts';
import type { RequestOutcome } from '../../domain/outcome.ts';
import type { ProvisionRequest } from '../../domain/request.ts';
import type { AgentSnapshot, LedgerEntry } from '../../simulator/index.ts';
import type { InvariantInput } from './invariants.ts';

const EPOCH = Date.parse('2026-01-01T00:00:00Z');

/** What happened to one agent, told call by call, for tests of the checker. Each call takes 5 ms, 10 ms apart. */
export class Story {
  readonly ledger: LedgerEntry[] = [];
  readonly audit: AuditRecord[] = [];
  readonly requests: ProvisionRequest[] = [];
  readonly outcomes: RequestOutcome[] = [];
  readonly initial: SkillLevel[] = [{ skillId: 's0', level: 2 }];
  #now = 0;
  #version = 1;
  #agent: AgentSnapshot = { skills: this.initial, routing: this.initial, state: 'AVAILABLE' };

  wait(ms: number): void {
    this.#now += ms;
  }

  request(requestId: string, changes: ProvisionRequest['changes']): void {
    const who = { requestedBy: 'someone', reason: 'a reason' };
    this.requests.push({ requestId, tenantId: 't1', agentId: 'a1', changes, ...who });
  }

  /** Any call; the state changes only through `agent`. */
  call(
    operation: LedgerEntry['operation'],
    given: Partial<LedgerEntry> = {},
    agent: AgentSnapshot = this.#agent,
  ): LedgerEntry {
    const before = this.#agent;
    this.#agent = agent;
    const seq = this.ledger.length + 1;
    const aboutAgent = operation !== 'token' && operation !== 'listSkills' && operation !== 'getSkill';
    const entry: LedgerEntry = {
      seq,
      order: seq,
      actor: 'client',
      operation,
      tenantId: 't1',
      ...(aboutAgent ? { agentId: 'a1', before, after: this.#agent } : {}),
      userAgent: 'skill-provisioner/1 (w1)',
      arrivedAt: EPOCH + this.#now,
      arrivedMono: this.#now,
      processedMono: this.#now + 2,
      answeredAt: EPOCH + this.#now + 5,
      answeredMono: this.#now + 5,
      status: 200,
      applied: false,
      replayed: false,
      delivered: true,
      ...given,
    };
    this.#now += 10;
    this.ledger.push(entry);
    return entry;
  }

  /** The entry of the call so numbered, from 1. */
  entry(seq: number): LedgerEntry {
    const entry = this.ledger[seq - 1];
    if (entry === undefined) throw new RangeError(`There is no #${seq}.`);
    return entry;
  }

  /** The entry of the last call. */
  get last(): LedgerEntry {
    return this.entry(this.ledger.length);
  }

  /** What every write needs before it: the catalogue, the state, the inventory. */
  prepare(): void {
    this.call('listSkills', { skillIds: ['s0', 's1', 's2'] });
    this.call('getState');
    this.read();
  }

  read(given: Partial<LedgerEntry> = {}): LedgerEntry {
    return this.call('getAgent', { etag: this.etag, ...given });
  }

  get etag(): string {
    return `"v${this.#version}"`;
  }

  get skills(): SkillLevel[] {
    return this.#agent.skills;
  }

  intent(requestId: string, wishes: readonly SkillLevel[], given: Partial<RequestAuditData> = {}): void {
    this.record({ stage: 'intent', requestId, before: this.skills, changes: changesOf(wishes), ...given });
  }

  /** A PATCH that is carried out. */
  patch(wishes: readonly SkillLevel[], given: Partial<LedgerEntry> = {}): LedgerEntry {
    const ifMatch = this.etag;
    const kept = this.skills.filter(({ skillId }) => !wishes.some((wish) => wish.skillId === skillId));
    this.#version += 1;
    const skills = [...kept, ...wishes.filter(({ level }) => level > 0)];
    return this.call(
      'patchAgent',
      { ...this.#patch(wishes, ifMatch), applied: true, etag: this.etag, ...given },
      { ...this.#agent, skills },
    );
  }

  /** A PATCH that is not. */
  refused(wishes: readonly SkillLevel[], status: number, given: Partial<LedgerEntry> = {}): LedgerEntry {
    return this.call('patchAgent', { ...this.#patch(wishes, this.etag), status, ...given });
  }

  edit(skills: SkillLevel[]): void {
    this.#version += 1;
    this.call('third-party-edit', { actor: 'third-party', applied: true }, { ...this.#agent, skills });
  }

  /** The agent's own change of state. */
  state(state: string, reason?: string): void {
    this.call('state-change', { actor: 'third-party', applied: true }, this.#in(state, reason));
  }

  takeOut(): LedgerEntry {
    const body = { state: 'NOTAVAILABLE', reason: 'ADMINISTRATIVE' };
    return this.call('patchState', { applied: true, body }, this.#in('NOTAVAILABLE', 'ADMINISTRATIVE'));
  }

  bringBack(): LedgerEntry {
    const agent = { ...this.#in('AVAILABLE'), routing: this.skills };
    return this.call('patchState', { applied: true, body: { state: 'AVAILABLE' } }, agent);
  }

  toggle(gapMs = 500): void {
    this.takeOut();
    this.wait(gapMs);
    this.bringBack();
  }

  record(data: Partial<RequestAuditData> & Pick<RequestAuditData, 'stage' | 'requestId'>): void {
    this.audit.push({
      specversion: '1.0',
      id: `r${this.audit.length + 1}`,
      source: 'x',
      type: 'x',
      subject: 'a1',
      time: new Date(EPOCH + this.#now).toISOString(),
      datacontenttype: 'application/json',
      dataschema: 'x',
      data: {
        outcome: data.stage === 'intent' ? 'unknown' : 'success',
        actor: 'someone',
        requestedBy: 'someone',
        reason: 'a reason',
        tenantId: 't1',
        agentId: 'a1',
        changes: [],
        origin: { workflowId: 'w', runId: 'r', attempt: 1 },
        ...data,
      },
    });
    this.#now += 10;
  }

  /** The request's end, in the trail and for the caller. */
  end(requestId: string, wishes: readonly SkillLevel[], given: Partial<RequestOutcome> = {}): void {
    const changes = wishes.map(({ skillId, level }) => ({ skillId, requestedLevel: level, targetLevel: level, level }));
    const outcome: RequestOutcome = { requestId, status: 'provisioned', changes, toggles: 1, conflicts: 0, ...given };
    this.outcomes.push(outcome);
    this.record({ stage: 'outcome', requestId, status: outcome.status, after: this.skills });
  }

  input(): InvariantInput {
    return {
      ledger: this.ledger,
      audit: this.audit,
      requests: this.requests,
      outcomes: this.outcomes,
      policy: {},
      timeScale: 1,
      initialInventories: [{ tenantId: 't1', agentId: 'a1', skills: this.initial }],
    };
  }

  #in(state: string, reason?: string): AgentSnapshot {
    const { skills, routing } = this.#agent;
    return { skills, routing, state, ...(reason === undefined ? {} : { reason }) };
  }

  #patch(wishes: readonly SkillLevel[], ifMatch: string): Partial<LedgerEntry> {
    return { ifMatch, body: { skills: wishes }, idempotencyKey: `a1_s_${this.#now}` };
  }
}

function changesOf(wishes: readonly SkillLevel[]): RequestAuditData['changes'] {
  return wishes.map(({ skillId, level }) => ({
    action: level === 0 ? 'remove' : 'assign',
    skillId,
    requestedLevel: level,
    targetLevel: level,
  }));
}

/** The key of an earlier PATCH, for its repeat. */
export function sameKey({ idempotencyKey }: LedgerEntry): Partial<LedgerEntry> {
  return idempotencyKey === undefined ? {} : { idempotencyKey };
}
