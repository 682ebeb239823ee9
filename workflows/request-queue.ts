import { MAX_REMEMBERED_OUTCOMES, type RememberedOutcome } from '../domain/outcome.ts';
import { MAX_CHANGES, type ProvisionRequest, type SkillRef } from '../domain/request.ts';
import { requestDigest } from '../domain/request-digest.ts';
import { utf8Size } from '../domain/utf8-size.ts';
import { unpackRequests, type CarriedState } from './carried-state.ts';
import { openRequest, outcomeOf, wishesOf, type OpenRequest, type Parked, type Verdict } from './open-request.ts';
import type { ReconciliationReason } from './provision-skill.messages.ts';

/** What to do with a request that comes in. */
export type Admission = 'accepted' | 'known' | 'reused' | 'full';

/** Bounds in UTF-8, which keep the carried state and the result well under the server's 2 MB per payload. */
const MAX_OPEN_BYTES = 700_000;
const MAX_OUTCOME_BYTES = 500_000;

/** The requests for one agent: those that are open, in the order they came, and the outcomes of those that ended. */
export class RequestQueue {
  private readonly entries: OpenRequest[];
  private readonly ended: RememberedOutcome[];
  /** Ids of ended requests that are still to be shown in a search attribute. */
  readonly unlisted: string[];
  private readonly mindsIds: () => boolean;
  private openBytes: number;
  private endedBytes: number;

  /** `mindsIds`: also where a name may be that of an id, nothing is overtaken; asked where it makes a difference only. */
  constructor(
    carried?: Pick<CarriedState, 'open' | 'inventories' | 'outcomes' | 'unlisted'>,
    mindsIds: () => boolean = () => true,
  ) {
    this.mindsIds = mindsIds;
    this.entries = carried === undefined ? [] : unpackRequests(carried);
    this.ended = [...(carried?.outcomes ?? [])];
    this.unlisted = [...(carried?.unlisted ?? [])];
    this.openBytes = this.entries.reduce((sum, { request }) => sum + sizeOf(request), 0);
    this.endedBytes = this.ended.reduce((sum, outcome) => sum + sizeOf(outcome), 0);
  }

  get open(): readonly OpenRequest[] {
    return this.entries;
  }

  get outcomes(): readonly RememberedOutcome[] {
    return this.ended;
  }

  get parked(): OpenRequest[] {
    return this.entries.filter(({ place }) => place === 'parked');
  }

  /** Says what {@link admit} would do with a request. */
  judge(request: ProvisionRequest): Admission {
    const known =
      this.entries.find((entry) => entry.request.requestId === request.requestId) ??
      this.ended.find((outcome) => outcome.requestId === request.requestId);
    if (known !== undefined) return known.digest === requestDigest(request) ? 'known' : 'reused';
    return this.openBytes + sizeOf(request) > MAX_OPEN_BYTES ? 'full' : 'accepted';
  }

  /** Takes a request in, once. */
  admit(request: ProvisionRequest, now: number): Admission {
    const admission = this.judge(request);
    if (admission !== 'accepted') return admission;
    this.entries.push(openRequest(request, requestDigest(request), now));
    this.openBytes += sizeOf(request);
    return admission;
  }

  /** Requests that were cancelled before anything was written for them: they can end at once. */
  cancelledUntouched(): OpenRequest[] {
    return this.waiting().filter(({ cancel, progress }) => cancel !== undefined && !isEntangled(progress));
  }

  /** A request about which a person has decided: an order, or the cancellation of one that was parked. */
  nextDecided(): OpenRequest | undefined {
    return this.waiting().find(({ order, cancel }) => order !== undefined || cancel !== undefined);
  }

  /** The next requests to carry out together. None while a request waits for a person. */
  nextBatch(): OpenRequest[] {
    return this.parked.length > 0 ? [] : this.mergeable([]);
  }

  /** Requests that came meanwhile and can join a batch that has not written yet. */
  joining(batch: readonly OpenRequest[]): OpenRequest[] {
    return this.parked.length > 0 ? [] : this.mergeable(batch);
  }

  /** Keeps a request for a person. */
  park(entry: OpenRequest, reason: ReconciliationReason, message: string, now: number): void {
    delete entry.order;
    entry.place = 'parked';
    entry.parked = { reason, message, since: now, escalated: false } satisfies Parked;
  }

  /** Takes a parked request out, because a person has decided. */
  unpark(entry: OpenRequest): void {
    entry.place = 'waiting';
    delete entry.parked;
  }

  /** Ends a request and remembers its outcome. */
  end(entry: OpenRequest, verdict: Verdict): RememberedOutcome {
    const outcome = { ...outcomeOf(entry, verdict), digest: entry.digest, endedAt: verdict.time };
    this.entries.splice(this.entries.indexOf(entry), 1);
    this.openBytes -= sizeOf(entry.request);
    this.remember(outcome);
    this.unlisted.push(entry.request.requestId);
    return outcome;
  }

  /** Keeps an outcome, so that a repeated request is recognised; the oldest give way. */
  remember(outcome: RememberedOutcome): void {
    this.ended.push(outcome);
    this.endedBytes += sizeOf(outcome);
    while (this.ended.length > MAX_REMEMBERED_OUTCOMES || this.endedBytes > MAX_OUTCOME_BYTES) {
      const oldest = this.ended.shift();
      if (oldest === undefined) break;
      this.endedBytes -= sizeOf(oldest);
    }
  }

  private waiting(): OpenRequest[] {
    return this.entries.filter(({ place }) => place === 'waiting');
  }

  /** Waiting requests that fit to `batch`, in order; a request never overtakes an earlier one for the same skill. */
  private mergeable(batch: readonly OpenRequest[]): OpenRequest[] {
    const chosen: OpenRequest[] = [];
    const overtaken: OpenRequest[] = [];
    let changes = batch.reduce((sum, { request }) => sum + request.changes.length, 0);
    for (const entry of this.waiting()) {
      const together = [...batch, ...chosen];
      const fits =
        changes + entry.request.changes.length <= MAX_CHANGES &&
        together.every((other) => canMerge(entry, other)) &&
        overtaken.every((other) => !sameSkill(entry, other)) &&
        !(overtaken.some((other) => mayBeSameSkill(entry, other)) && this.mindsIds());
      if (!fits) {
        overtaken.push(entry);
        continue;
      }
      chosen.push(entry);
      changes += entry.request.changes.length;
    }
    return chosen;
  }
}

/** Whether something was, or may have been, done to the agent that has to be looked at before the request can end. */
export function isEntangled(progress: OpenRequest['progress']): boolean {
  return progress.wrote !== 'no' || progress.agentOut;
}

function canMerge(one: OpenRequest, other: OpenRequest): boolean {
  const free = [one, other].every(({ alone, order }) => !alone && order === undefined);
  return free && samePolicy(one.request, other.request) && !sameSkill(one, other);
}

function samePolicy(one: ProvisionRequest, other: ProvisionRequest): boolean {
  return policyKey(one) === policyKey(other);
}

function policyKey({ policy }: ProvisionRequest): string {
  return JSON.stringify(Object.entries(policy ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether two requests name one skill, as far as can be told: by id once resolved, by reference before. */
function sameSkill(one: OpenRequest, other: OpenRequest): boolean {
  if (one.progress.resolved !== undefined && other.progress.resolved !== undefined) {
    const ids = new Set(wishesOf(one).map(({ skillId }) => skillId));
    return wishesOf(other).some(({ skillId }) => ids.has(skillId));
  }
  return one.request.changes.some(({ skill }) =>
    other.request.changes.some((change) => sameReference(skill, change.skill)),
  );
}

/** Whether one request names a skill by an id alone and the other by its name, which only the platform can compare. */
function mayBeSameSkill(one: OpenRequest, other: OpenRequest): boolean {
  if (one.progress.resolved !== undefined && other.progress.resolved !== undefined) return false;
  return (saysOnlyId(one) && saysName(other)) || (saysName(one) && saysOnlyId(other));
}

function saysOnlyId({ request }: OpenRequest): boolean {
  return request.changes.some(({ skill }) => skill.name === undefined);
}

function saysName({ request }: OpenRequest): boolean {
  return request.changes.some(({ skill }) => !('skillId' in skill));
}

function sameReference(one: SkillRef, other: SkillRef): boolean {
  if ('skillId' in one && 'skillId' in other) return one.skillId === other.skillId;
  if (one.name?.trim() !== other.name?.trim()) return false;
  const groups = [one, other].map((skill) => ('skillGroup' in skill ? skill.skillGroup : undefined));
  return groups.includes(undefined) || groups[0] === groups[1];
}

function sizeOf(value: unknown): number {
  return utf8Size(JSON.stringify(value));
}
