import type { AuthorizedSend, CallOptions } from './authorized-wire.ts';
import { PlatformUnreachableError, UnexpectedAnswerError } from './errors.ts';
import { type KnownSkill, type ListedSkill, SKILL_ID_PATTERN, skillAnswer, skillListAnswer } from './schemas.ts';
import { createSharedLoad, type Loaded, type SharedLoad, waitFor } from './shared-load.ts';

/** The tenant's skills. Answers are shared and kept for at most 45 s from when they were asked for. */
export interface SkillCatalogue {
  /** `notBefore`, on the monotonic clock, keeps answers to older requests from being used. */
  list(call: CallOptions, notBefore?: number): Promise<Loaded<ListedSkill[]>>;
  /** Throws `PlatformRefusedError` 404 for an id that is gone, and a TypeError for one that could bend a path. */
  get(skillId: string, call: CallOptions, notBefore?: number): Promise<Loaded<KnownSkill>>;
}

/**
 * Bulk imports recycle ids, so the contract lets one be believed for 60 s; what is left of that is for its way into a
 * write (`workflows/resolution.ts`).
 */
const MAX_AGE_MS = 45_000;
/** Some ten thousand skills of a large tenant. */
const MAX_LIST_BYTES = 8 * 1024 * 1024;
const MAX_KEPT_SKILLS = 1000;

const LIST = '/api/v2/skills';
const SKILL = '/api/v2/skills/{skillId}';

export function createSkillCatalogue(send: AuthorizedSend, monotonicNow: () => number): SkillCatalogue {
  const newLoad = <T>() => createSharedLoad<T>(monotonicNow, { maxAgeMs: MAX_AGE_MS });
  const listed = newLoad<ListedSkill[]>();
  const known = new Map<string, SharedLoad<KnownSkill>>();

  const loadOf = (skillId: string) => {
    const load = known.get(skillId) ?? newLoad<KnownSkill>();
    // Set again, the entry moves to the end: the first one is the one that was not wanted for longest.
    known.delete(skillId);
    known.set(skillId, load);
    const [oldest] = known.keys();
    if (known.size > MAX_KEPT_SKILLS && oldest !== undefined) known.delete(oldest);
    return load;
  };
  /** The request is for all who wait, so one caller's signal must not end it; `beforeSend` is for writes. */
  const forAll = ({ timeoutMs }: CallOptions): CallOptions => ({ timeoutMs });

  const wait = async <T>(load: () => Promise<Loaded<T>>, call: CallOptions, template: string) => {
    const onAbort = () => new PlatformUnreachableError(`GET ${template}`, 'aborted', false);
    if (call.signal?.aborted) throw onAbort();
    return waitFor(load(), call.signal, onAbort);
  };

  return {
    list(call, notBefore) {
      const load = async () => {
        const request = { method: 'GET', template: LIST, path: LIST, maxBytes: MAX_LIST_BYTES } as const;
        const answer = await send({ ...request, schema: skillListAnswer }, forAll(call));
        return answer.value.skills;
      };
      return wait(() => listed.get(load, notBefore), call, LIST);
    },
    async get(skillId, call, notBefore) {
      if (!SKILL_ID_PATTERN.test(skillId)) throw new TypeError('the skill id can not be part of a path');
      const load = async () => {
        const path = SKILL.replace('{skillId}', skillId);
        const answer = await send({ method: 'GET', template: SKILL, path, schema: skillAnswer }, forAll(call));
        if (answer.value.skillId === skillId) return answer.value;
        throw new UnexpectedAnswerError(`GET ${SKILL}`, answer.status, 'the answer is about another skill', false);
      };
      return wait(() => loadOf(skillId).get(load, notBefore), call, SKILL);
    },
  };
}
