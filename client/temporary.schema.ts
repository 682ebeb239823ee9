import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { toFieldProblems, wording, type FieldProblem, type Parsed } from '../domain/field-problem.ts';
import type { PolicyOptions } from '../domain/policy.schema.ts';
import type { PolicyOverrides } from '../domain/policy.ts';
import { agentIdText, closed, text, withoutUndefined } from '../domain/request.schema.ts';
import { MAX_REASON, MAX_REQUESTED_BY } from '../domain/request-text.ts';
import { parseTemporarySkill, temporaryId } from '../domain/temporary-skill.schema.ts';
import type { TemporarySkill } from '../domain/temporary-skill.ts';
import { readPeriod, type WrittenPeriod } from './period.ts';

/** A temporary skill as callers write it: the client adds the tenant, and an id if there is none. */
export type NewTemporarySkill = Omit<TemporarySkill, 'temporaryId' | 'tenantId' | 'from' | 'until'> &
  WrittenPeriod & { temporaryId?: string };

/** Which temporary skill is meant. */
export interface TemporaryKey {
  agentId: string;
  temporaryId: string;
}

/** Ends or cancels a temporary skill. */
export interface TemporaryEndOrder extends TemporaryKey {
  by: string;
  note: string;
}

/** Moves the end of a temporary skill: to `until`, or by `for` from where it is. */
export type TemporaryExtension = TemporaryEndOrder & Omit<WrittenPeriod, 'from'>;

const key = { agentId: agentIdText, temporaryId };
const period = {
  until: z.string().exactOptional(),
  for: z.string().exactOptional(),
  zone: z.string().exactOptional(),
};
const keySchema = closed(key);
const endSchema = closed({ ...key, by: text(MAX_REQUESTED_BY), note: text(MAX_REASON) });
const extensionSchema = closed({ ...key, ...period, by: text(MAX_REQUESTED_BY), note: text(MAX_REASON) });
const listSchema = closed({ agentId: agentIdText.exactOptional(), all: z.boolean().exactOptional() });
const periodSchema = z.object({ from: z.string().exactOptional(), ...period });

/** Checks a new temporary skill in full; all problems together, by the caller's fields. */
export function parseNewTemporary(
  value: unknown,
  { tenantId, policy, now, ...options }: PolicyOptions & { tenantId: string; policy?: PolicyOverrides; now: number },
): Parsed<'temporary', TemporarySkill> {
  const given: unknown = withoutUndefined(value);
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return { ok: false, problems: [{ path: '', message: 'must be an object with agentId, skill, level, until, …' }] };
  }
  const written = periodSchema.safeParse(given, { error: wording });
  const read = written.success ? readPeriod(written.data, now) : undefined;
  const { from: _from, until: _until, for: _for, zone: _zone, ...rest } = given as Record<string, unknown>;
  const times = read?.ok === true ? read.period : { until: new Date(now + 1).toISOString() };
  const complete = {
    ...(policy === undefined ? {} : { policy }),
    temporaryId: randomUUID(),
    ...rest,
    ...times,
    tenantId,
  };
  const parsed = parseTemporarySkill(complete, { ...options, now });
  const problems: FieldProblem[] = [
    ...(parsed.ok ? [] : parsed.problems),
    ...(written.success ? [] : toFieldProblems(written.error)),
    ...(read === undefined || read.ok ? [] : read.problems),
  ];
  return parsed.ok && problems.length === 0 ? parsed : { ok: false, problems };
}

export function parseTemporaryKey(value: unknown): Parsed<'value', TemporaryKey> {
  return parsed(keySchema, value);
}

export function parseTemporaryEnd(value: unknown): Parsed<'value', TemporaryEndOrder> {
  return parsed(endSchema, value);
}

export function parseTemporaryList(value: unknown): Parsed<'value', { agentId?: string; all?: boolean }> {
  return parsed(listSchema, value);
}

/** `now` is where a duration is counted from: the present end, in unix milliseconds, as far as it is known. */
export function parseExtension(value: unknown, now: number): Parsed<'value', TemporaryEndOrder & { until: string }> {
  const result = parsed(extensionSchema, value);
  if (!result.ok) return result;
  const { until, for: length, zone, ...order } = result.value;
  const read = readPeriod(withoutUndefined({ until, for: length, zone }) as WrittenPeriod, now);
  return read.ok ? { ok: true, value: { ...order, until: read.period.until } } : read;
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): Parsed<'value', T> {
  const result = schema.safeParse(withoutUndefined(value), { error: wording });
  return result.success ? { ok: true, value: result.data } : { ok: false, problems: toFieldProblems(result.error) };
}
