import type { IdleState } from '../activities/contract.ts';
import { idempotencyKey } from '../domain/idempotency-key.ts';
import { levelOf, shows, type SkillLevel } from '../domain/inventory.ts';
import { DEFAULT_POLICY, MAX_TOGGLES, type Policy } from '../domain/policy.ts';
import { noteAttempt, wishesOf, type OpenRequest } from './open-request.ts';
import { NO_HISTORY, type WriteHistory } from './write-decision.ts';

/** One PATCH: its bytes, the reading it is made for, and the key that makes a repetition harmless. */
export interface Attempt {
  entries: OpenRequest[];
  wishes: SkillLevel[];
  etag: string;
  key: string;
  intended: boolean;
}

/** The agent as a batch is about to write: read, with every reference resolved. */
export interface Ready {
  skills: SkillLevel[];
  etag: string;
  /** Absent: the agent is busy, or their state could not be read at once. */
  state?: IdleState;
}

/** Requests of one agent that are carried out together: one PATCH, one toggle. */
export class Batch {
  private readonly members: OpenRequest[] = [];
  history: WriteHistory = NO_HISTORY;
  attempt: Attempt | undefined;
  /** When the PATCH was answered, or found to have been applied; unix milliseconds. */
  writtenAt: number | undefined;
  /** When the agent was first found busy; unix milliseconds. */
  busySince: number | undefined;
  togglesUsed = 0;
  private lastPolicy = DEFAULT_POLICY;

  constructor(entries: OpenRequest[]) {
    this.add(entries);
  }

  get entries(): readonly OpenRequest[] {
    return this.members;
  }

  isEmpty(): boolean {
    return this.members.length === 0;
  }

  /** Once everybody has left it is that of the last to go, whose case still has to be told in its terms. */
  get policy(): Policy {
    return this.members.find(({ progress }) => progress.policy !== undefined)?.progress.policy ?? this.lastPolicy;
  }

  /** Nothing has been sent yet, so that others may still join and the run may still continue as new. */
  get isFresh(): boolean {
    return this.attempt === undefined && this.history === NO_HISTORY && this.togglesUsed === 0;
  }

  get togglesLeft(): number {
    return Math.min(this.policy.toggleLimit, MAX_TOGGLES) - this.togglesUsed;
  }

  get wishes(): SkillLevel[] {
    return this.members.flatMap(wishesOf);
  }

  add(entries: readonly OpenRequest[]): void {
    for (const entry of entries) entry.place = 'active';
    this.members.push(...entries);
  }

  remove(entry: OpenRequest): void {
    const index = this.members.indexOf(entry);
    if (index >= 0) this.members.splice(index, 1);
    this.lastPolicy = entry.progress.policy ?? this.lastPolicy;
  }

  /** Gives a request back to the queue, to be carried out later. */
  release(entry: OpenRequest): void {
    this.remove(entry);
    entry.place = 'waiting';
  }

  /** Requests whose wish the directory does not show. */
  missing(skills: readonly SkillLevel[]): OpenRequest[] {
    return this.members.filter((entry) => !shows(skills, wishesOf(entry)));
  }

  /** The attempt to send now: the one whose answer was lost if nothing has changed since, else a new one. */
  attemptFor(agentId: string, ready: Ready, keyTime: () => number): Attempt {
    const entries = this.missing(ready.skills);
    const wishes = entries
      .flatMap(wishesOf)
      .filter(({ skillId, level }) => levelOf(ready.skills, skillId) !== level)
      .sort((one, other) => (one.skillId < other.skillId ? -1 : 1));
    if (this.attempt?.etag === ready.etag && JSON.stringify(this.attempt.wishes) === JSON.stringify(wishes)) {
      return this.attempt;
    }
    this.attempt = {
      entries,
      wishes,
      etag: ready.etag,
      key: idempotencyKey(agentId, wishes, keyTime()),
      intended: false,
    };
    for (const { progress } of entries) noteAttempt(progress, ready.skills);
    return this.attempt;
  }
}
