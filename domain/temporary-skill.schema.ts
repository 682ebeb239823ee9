import { z } from 'zod';
import { toFieldProblems, wording, type FieldProblem, type Parsed } from './field-problem.ts';
import { policySchema, type PolicyOptions } from './policy.schema.ts';
import { agentIdText, closed, level, skillRef, tenantIdText, text, withoutUndefined } from './request.schema.ts';
import { MAX_REASON, MAX_REQUESTED_BY } from './request-text.ts';
import { MAX_TEMPORARY_DAYS, TEMPORARY_ID_PATTERN, type TemporarySkill } from './temporary-skill.ts';

/** A time that was now when it was typed may have passed by a little. */
const TYPING_MS = 60_000;
const DAY_MS = 24 * 60 * 60_000;

export const temporaryId = z
  .string()
  .regex(TEMPORARY_ID_PATTERN, { error: "must be 1 to 48 letters, digits, '_' or '-'" });

/** ISO 8601 with an offset, so that it means one moment wherever it is read. */
const time = z.iso.datetime({
  offset: true,
  error: (issue) =>
    typeof issue.input === 'string' ? 'must be a time with its offset, such as 2026-11-23T13:00:00+01:00' : undefined,
});

/** Strict schema of a temporary skill; how its times fit together is for {@link parseTemporarySkill}. */
export function temporarySkillSchema(options: PolicyOptions) {
  return closed({
    temporaryId,
    tenantId: tenantIdText,
    agentId: agentIdText,
    skill: skillRef,
    level,
    from: time.exactOptional(),
    until: time,
    requestedBy: text(MAX_REQUESTED_BY),
    reason: text(MAX_REASON),
    ticket: text(200).exactOptional(),
    policy: policySchema(options).exactOptional(),
  }) satisfies z.ZodType<TemporarySkill>;
}

/**
 * Checks a temporary skill in full; all problems together. With `now` (unix milliseconds) its times must lie ahead; a
 * worker, which may come late, judges without.
 */
export function parseTemporarySkill(
  value: unknown,
  options: PolicyOptions & { now?: number },
): Parsed<'temporary', TemporarySkill> {
  const parsed = temporarySkillSchema(options).safeParse(withoutUndefined(value), { error: wording });
  const problems = parsed.success ? problemsOfTimes(parsed.data, options.now) : toFieldProblems(parsed.error);
  return parsed.success && problems.length === 0 ? { ok: true, temporary: parsed.data } : { ok: false, problems };
}

function problemsOfTimes({ from, until }: TemporarySkill, now: number | undefined): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const end = Date.parse(until);
  const start = from === undefined ? now : Date.parse(from);
  if (now !== undefined && start !== undefined && start < now - TYPING_MS) {
    problems.push({ path: 'from', message: `must not have passed; it is ${new Date(now).toISOString()} now` });
  }
  if (now !== undefined && end <= now) {
    problems.push({ path: 'until', message: `must be later than now, ${new Date(now).toISOString()}` });
  } else if (start !== undefined && end <= start) {
    problems.push({ path: 'until', message: `must be later than from${from === undefined ? ', which is now' : ''}` });
  }
  if (now !== undefined && end > now + MAX_TEMPORARY_DAYS * DAY_MS) {
    problems.push({ path: 'until', message: `must be within ${MAX_TEMPORARY_DAYS} days from now` });
  }
  return problems;
}
