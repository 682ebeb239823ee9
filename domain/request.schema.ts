import { z } from 'zod';
import { toFieldProblems, wording, type FieldProblem, type Parsed } from './field-problem.ts';
import { policySchema, type PolicyOptions } from './policy.schema.ts';
import { MAX_REASON, MAX_REQUESTED_BY, NOT_BLANK, ONE_LINE } from './request-text.ts';
import {
  AGENT_ID_PATTERN,
  MAX_CHANGES,
  REQUEST_ID_PATTERN,
  TENANT_ID_PATTERN,
  describeSkill,
  type ProvisionRequest,
  type SkillRef,
} from './request.ts';
import { judgeLevel, MAX_LEVEL } from './skill-level.ts';
import { utf8Size } from './utf8-size.ts';
import { MAX_WORKFLOW_ID_BYTES } from './workflow-id.ts';

/** Ids the platform gives to skills. An allow-list, because the id becomes a part of a path. */
const SKILL_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

export const skillIdText = z.string().regex(SKILL_ID_PATTERN, {
  error: "must be a skill's id: up to 64 letters, digits, '_', '.' or '-', the first a letter or digit",
});
export const agentIdText = z
  .string()
  .regex(AGENT_ID_PATTERN, { error: "must be up to 64 letters, digits or '-', the first a letter or digit" });
export const tenantIdText = z
  .string()
  .regex(TENANT_ID_PATTERN, { error: "must be one DNS label: up to 63 letters, digits or inner '-'" });

const skillFields = {
  skillId: skillIdText.exactOptional(),
  name: text(500).exactOptional(),
  skillGroup: text(500).exactOptional(),
};

// Not a union: zod reports a failed union without saying which field of which member is wrong.
export const skillRef = closed(skillFields)
  .refine((skill) => skill.skillId !== undefined || skill.name !== undefined, {
    error: 'must have skillId or name',
    when: isObjectPayload,
  })
  .refine((skill) => skill.skillId === undefined || skill.skillGroup === undefined, {
    error: 'must not be set together with skillId, which is unique by itself',
    path: ['skillGroup'],
    when: isObjectPayload,
  })
  .transform((skill) => skill as SkillRef);

export const level = z.unknown().superRefine((given, context) => {
  if (judgeLevel(given).ok) return;
  if (given === undefined) {
    context.addIssue({ code: 'custom', message: 'is required' });
    return;
  }
  context.addIssue({
    code: 'custom',
    params: { code: 'level-refused' },
    message: `must be a number from 1 to 5, not ${original(given)}`,
  });
}) as z.ZodType as z.ZodType<number>;

const EXPECTED_LEVEL = { error: `must be a whole number from 0 (not assigned) to ${MAX_LEVEL}` };
const expectedLevel = z.int(EXPECTED_LEVEL).min(0, EXPECTED_LEVEL).max(MAX_LEVEL, EXPECTED_LEVEL).exactOptional();

const change = z.discriminatedUnion(
  'action',
  [
    closed({ action: z.literal('assign'), skill: skillRef, level, expectedLevel }),
    closed({ action: z.literal('remove'), skill: skillRef, expectedLevel }),
  ],
  { error: 'must be assign or remove' },
);

/** One that is too long in characters is told so, and only that. */
const workflowIdText = text(MAX_WORKFLOW_ID_BYTES).refine(
  (id) => id.length > MAX_WORKFLOW_ID_BYTES || utf8Size(id) <= MAX_WORKFLOW_ID_BYTES,
  { error: `must be at most ${MAX_WORKFLOW_ID_BYTES} bytes long in UTF-8` },
);

const looselyTyped = z.object({
  changes: z.array(z.object({ skill: skillRef.optional().catch(undefined) }).catch({ skill: undefined })),
});

/**
 * Strict schema of a request; that each skill is named once is for {@link parseRequest}. It transforms nothing, so that a
 * request's digest is the same on every side.
 */
export function requestSchema(options: PolicyOptions) {
  return closed({
    requestId: z.string().regex(REQUEST_ID_PATTERN, { error: "must be 1 to 64 letters, digits, '_' or '-'" }),
    tenantId: tenantIdText,
    agentId: agentIdText,
    changes: z
      .array(change)
      .min(1, { error: `must hold 1 to ${MAX_CHANGES} changes` })
      .max(MAX_CHANGES, { error: `must hold 1 to ${MAX_CHANGES} changes` }),
    requestedBy: text(MAX_REQUESTED_BY),
    reason: text(MAX_REASON),
    ticket: text(200).exactOptional(),
    policy: policySchema(options).exactOptional(),
    notifyWorkflowId: workflowIdText.exactOptional(),
  }) satisfies z.ZodType<ProvisionRequest>;
}

/**
 * Checks a request in full; all problems together. Properties that are `undefined` count as absent. Short toggle gaps
 * are refused unless the options allow them.
 */
export function parseRequest(
  value: unknown,
  options: PolicyOptions = { allowShortGap: false },
): Parsed<'request', ProvisionRequest> {
  const given = withoutUndefined(value);
  const parsed = schemaFor(options).safeParse(given, { error: wording });
  const problems = [...(parsed.success ? [] : toFieldProblems(parsed.error)), ...repeatedSkills(given)];
  if (parsed.success && problems.length === 0) return { ok: true, request: parsed.data };
  return { ok: false, problems };
}

/** Kept, since building a schema takes a hundred times as long as using it. */
const schemas = new Map<boolean, ReturnType<typeof requestSchema>>();

function schemaFor(options: PolicyOptions): ReturnType<typeof requestSchema> {
  const kept = schemas.get(options.allowShortGap) ?? requestSchema(options);
  schemas.set(options.allowShortGap, kept);
  return kept;
}

/** Looks at the value itself: zod skips a check across items while one of them has a problem of its own. */
function repeatedSkills(value: unknown): FieldProblem[] {
  const changes = looselyTyped.safeParse(value).data?.changes ?? [];
  const seen = new Map<string, number>();
  return changes.flatMap(({ skill }, index) => {
    if (skill === undefined) return [];
    const key = JSON.stringify('skillId' in skill ? [skill.skillId] : [skill.name.trim(), skill.skillGroup?.trim()]);
    const first = seen.get(key);
    seen.set(key, first ?? index);
    if (first === undefined) return [];
    const message = `must name each skill once; ${describeSkill(skill)} is in changes.${first} too`;
    return [{ path: `changes.${index}.skill`, message }];
  });
}

/** A strict object whose refusal of an unknown field lists the known ones. */
export function closed<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `is not known here; allowed are ${Object.keys(shape).join(', ')}`
        : undefined,
  });
}

/** Words by a person, in one line. */
export function text(max: number) {
  return z
    .string()
    .max(max, { error: `must be at most ${max} characters long` })
    .regex(NOT_BLANK, { error: 'must not be empty' })
    .regex(ONE_LINE, { error: 'must not contain control characters or line breaks' });
}

function isObjectPayload(payload: { value: unknown }): boolean {
  return typeof payload.value === 'object' && payload.value !== null;
}

/** A refused level as it was given. */
function original(given: unknown): string {
  if (typeof given === 'number' || given === undefined) return String(given);
  const json = toJson(given) ?? `a ${typeof given}`;
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}

/** Undefined for what JSON can't say: a cycle, a bigint, a function, or something endlessly deep. */
function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** Twice as deep as a request can be; nothing below is looked at. */
const MAX_DEPTH = 10;

/** What would arrive if this were sent as JSON, except that NaN stays what it is. */
export function withoutUndefined(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value;
  if (Array.isArray(value)) return value.map((item) => withoutUndefined(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, withoutUndefined(item, depth + 1)]),
  );
}
