import type { Problem } from '../domain/outcome.ts';
import type { SkillRef } from '../domain/request.ts';
import type { CallOptions } from './authorized-wire.ts';
import { PlatformRefusedError } from './errors.ts';
import { type KnownSkill, type ListedSkill, SKILL_ID_PATTERN } from './schemas.ts';
import type { SkillCatalogue } from './skill-catalogue.ts';

type SkillPurpose = 'assign' | 'remove';

/** A reference that leads to exactly one skill which can be used for the purpose. */
interface ResolvedSkill {
  ok: true;
  skillId: string;
  name?: string;
  /** INACTIVE or gone: only a removal gets such a skill. */
  retired?: boolean;
  /** Ascending, out of 1–5; empty for a skill that is gone. */
  allowedLevels: number[];
  /** How long ago the oldest request was sent that this rests on; in milliseconds. */
  ageMs: number;
}

/** Codes: `unknown-skill`, `ambiguous-skill`, `skill-inactive`, `skill-mismatch`. */
interface UnresolvedSkill {
  ok: false;
  problem: Problem;
}

/** How a reference became an id, or why it did not. The lookup's own failures are thrown. */
export type ResolveSkill = (
  ref: SkillRef,
  purpose: SkillPurpose,
  call?: CallOptions,
) => Promise<ResolvedSkill | UnresolvedSkill>;

interface Verdict {
  result: Omit<ResolvedSkill, 'ageMs'> | UnresolvedSkill;
  /** When the oldest request this rests on was sent. */
  since: number;
  /** The list and the skill itself contradict each other: one of them is from before a change. */
  contradictory?: boolean;
}

/** A refusal is final for the request, so it rests on younger answers than a success: someone may just have added it. */
const REFUSAL_MAX_AGE_MS = 5_000;
const MAX_CANDIDATES = 10;

export function createResolveSkill(catalogue: SkillCatalogue, monotonicNow: () => number): ResolveSkill {
  /** The skill itself, or undefined if it is gone. */
  const lookUp = async (skillId: string, call: CallOptions, notBefore: number) => {
    try {
      return await catalogue.get(skillId, call, notBefore);
    } catch (error) {
      if (error instanceof PlatformRefusedError && error.status === 404) return undefined;
      throw error;
    }
  };

  const byId = async (
    skillId: string,
    name: string | undefined,
    purpose: SkillPurpose,
    call: CallOptions,
    notBefore: number,
  ): Promise<Verdict> => {
    if (!SKILL_ID_PATTERN.test(skillId)) {
      return {
        result: refuse('unknown-skill', `${quote(skillId)} can not be the id of a skill`),
        since: monotonicNow(),
      };
    }
    const askedAt = monotonicNow();
    const found = await lookUp(skillId, call, notBefore);
    if (found === undefined) return { result: gone(skillId, purpose), since: askedAt };
    const { value: skill, startedAt: since } = found;
    if (name !== undefined && !sameText(skill.name, name)) {
      const message = `Skill ${skillId} is named ${quote(skill.name)}, not ${quote(name)}`;
      return { result: refuse('skill-mismatch', message), since };
    }
    return { result: judge(skill, purpose), since };
  };

  const byName = async (
    name: string,
    group: string | undefined,
    purpose: SkillPurpose,
    call: CallOptions,
    notBefore: number,
  ): Promise<Verdict> => {
    const { value: skills, startedAt } = await catalogue.list(call, notBefore);
    const choice = choose(skills, name, group);
    if (!('skillId' in choice)) return { result: choice, since: startedAt };
    const { skillId } = choice;
    const found = await lookUp(skillId, call, notBefore);
    if (found === undefined) return { result: gone(skillId, purpose), since: startedAt, contradictory: true };
    const skill = found.value;
    const since = Math.min(startedAt, found.startedAt);
    const sameGroup = group === undefined || skill.skillGroup === undefined || sameText(skill.skillGroup, group);
    if (!sameText(skill.name, name) || !sameGroup) {
      const message = `Skill ${skillId} is listed as ${quote(name)} but is ${describe(skill)} itself`;
      return { result: refuse('skill-mismatch', message), since, contradictory: true };
    }
    return { result: judge(skill, purpose), since, contradictory: skill.status !== choice.status };
  };

  return async (ref, purpose, call = {}) => {
    const attempt = (notBefore: number) =>
      'skillId' in ref
        ? byId(ref.skillId, ref.name, purpose, call, notBefore)
        : byName(ref.name, ref.skillGroup, purpose, call, notBefore);
    const askedAt = monotonicNow();
    let verdict = await attempt(-Infinity);
    if (!verdict.result.ok) {
      const notBefore = verdict.contradictory ? askedAt : askedAt - REFUSAL_MAX_AGE_MS;
      if (verdict.since < notBefore) verdict = await attempt(notBefore);
    }
    const { result, since } = verdict;
    return result.ok ? { ...result, ageMs: Math.max(0, Math.ceil(monotonicNow() - since)) } : result;
  };
}

/** The one listed skill with this name, an ACTIVE one before INACTIVE ones. */
function choose(
  skills: readonly ListedSkill[],
  name: string,
  group: string | undefined,
): ListedSkill | UnresolvedSkill {
  const named = skills.filter(
    (skill) => sameText(skill.name, name) && (group === undefined || sameText(skill.skillGroup ?? '', group)),
  );
  const active = named.filter((skill) => skill.status === 'ACTIVE');
  const candidates = active.length > 0 ? active : named;
  const [only] = candidates;
  const asked = group === undefined ? quote(name) : `${quote(name)} in ${quote(group)}`;
  if (only === undefined) return refuse('unknown-skill', `No skill is named ${asked}`);
  if (candidates.length === 1) return only;
  const shown = candidates.slice(0, MAX_CANDIDATES).map(describe);
  if (candidates.length > shown.length) shown.push(`${candidates.length - shown.length} more`);
  return refuse(
    'ambiguous-skill',
    `${asked} names ${candidates.length} skills: ${shown.join(', ')}; give the id or the group`,
  );
}

function judge(skill: KnownSkill, purpose: SkillPurpose): Verdict['result'] {
  const { skillId, name, allowedLevels } = skill;
  const retired = skill.status !== 'ACTIVE';
  if (retired && purpose === 'assign') {
    return refuse('skill-inactive', `Skill ${skillId} (${quote(name)}) is not active`);
  }
  return { ok: true, skillId, name, allowedLevels, ...(retired && { retired }) };
}

function gone(skillId: string, purpose: SkillPurpose): Verdict['result'] {
  if (purpose === 'remove') return { ok: true, skillId, retired: true, allowedLevels: [] };
  return refuse('unknown-skill', `There is no skill ${skillId}`);
}

function refuse(code: string, message: string): UnresolvedSkill {
  return { ok: false, problem: { code, message } };
}

function describe({ skillId, skillGroup }: ListedSkill): string {
  return skillGroup === undefined ? `${skillId} in no group` : `${skillId} in ${quote(skillGroup)}`;
}

function sameText(one: string, other: string): boolean {
  return one.trim() === other.trim();
}

/** Texts of others in a sentence of ours: bounded, and without control characters. */
function quote(text: string): string {
  const shown = text.trim();
  return JSON.stringify(shown.length > 80 ? `${shown.slice(0, 80)}…` : shown);
}
