import { z } from 'zod';
import { MAX_LEVEL, MIN_LEVEL } from '../domain/skill-level.ts';

// Everything assumed about the shape of the platform's answers is here: a tenant that differs costs an edit of this file.
// Fields that are not named are ignored.

/** Ids of skills, in what we send and in what we are told. No dot segment, no slash, no percent sign can get through. */
export const SKILL_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** An `ETag` as it may be sent back in `If-Match`. */
export const ETAG_PATTERN = /^[\x21-\x7e]{1,256}$/;

const skillId = z.string().regex(SKILL_ID_PATTERN);
const level = z.int().min(MIN_LEVEL).max(MAX_LEVEL);
const optionalText = z
  .string()
  .nullish()
  .transform((text) => text ?? undefined);

function eachSkillOnce(skills: readonly { skillId: string }[]): boolean {
  return new Set(skills.map((skill) => skill.skillId)).size === skills.length;
}

/** Answer of the token endpoint. `expires_in` is in seconds. The characters of a token are those of RFC 6750. */
export const tokenAnswer = z.object({
  access_token: z.string().regex(/^[A-Za-z0-9._~+/-]{1,16000}=*$/),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.number().positive(),
});

/** Claims of the access token that matter here: scopes as one string or as a list. */
export const tokenClaims = z.object({
  scope: z.union([z.string().transform((scopes) => scopes.split(/\s+/)), z.array(z.string())]),
});

/** Answer of the directory to a read and to a PATCH. */
export const directoryAnswer = z.object({
  agentId: z.string(),
  skills: z.array(z.object({ skillId, level, name: optionalText })).refine(eachSkillOnce),
});

/** What the router uses. */
export const routingAnswer = z.object({
  agentId: z.string(),
  skills: z.array(z.object({ skillId, level })).refine(eachSkillOnce),
});

/** An agent's state. `reason` is free text and is cut to what an operator can read. */
export const stateAnswer = z.object({
  agentId: z.string(),
  currentState: z.string().regex(/^[A-Za-z][A-Za-z0-9_ -]{0,63}$/),
  reason: optionalText.transform((reason) => reason?.trim().slice(0, 100) || undefined),
});

/** Answer to a change of state; the contract is silent about it, so an empty one will do. */
export const stateChangeAnswer = z.union([z.undefined(), z.object({ currentState: z.string().optional() })]);

const skill = z.object({
  skillId,
  name: z.string(),
  skillGroup: optionalText,
  // A skill without a status is taken as active; one with a status nobody has heard of is not.
  status: optionalText.transform((status) => status ?? 'ACTIVE'),
});

/** An entry of the list of skills. */
export type ListedSkill = z.output<typeof skill>;

/** Answer to `GET /api/v2/skills`. */
export const skillListAnswer = z.object({ skills: z.array(skill).refine(eachSkillOnce) });

/** Answer to `GET /api/v2/skills/{skillId}`. Without `allowedLevels` all levels are allowed. */
export const skillAnswer = skill.extend({
  allowedLevels: z
    .array(z.number())
    .nullish()
    .transform((levels) => [1, 2, 3, 4, 5].filter((known) => levels?.includes(known) ?? true)),
});

/** A skill with the levels it can be assigned at. */
export type KnownSkill = z.output<typeof skillAnswer>;

/** Body of a refusal. A code that does not look like one is no code; the text beside it is never taken. */
export const refusalBody = z.object({ error: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/) });
