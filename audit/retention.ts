import { z } from 'zod';
import { setVariables, type Environment } from '../domain/environment.ts';
import { toFieldProblems, wording, type Parsed } from '../domain/field-problem.ts';

/** How long records are kept. */
export interface Retention {
  years: number;
  days: number;
}

/** The least that PCI DSS asks for (10.5.1). A slip of the keyboard is not to remove what has to be kept. */
const LEAST_DAYS = 365;
const DAYS_OF_YEAR = 365;

const retention = z.string().transform((text, context): Retention => {
  const [, count = '', unit] = /^([1-9]\d{0,4})([yd])$/.exec(text) ?? [];
  const kept = unit === 'y' ? { years: Number(count), days: 0 } : { years: 0, days: Number(count) };
  if (kept.years * DAYS_OF_YEAR + kept.days >= LEAST_DAYS && kept.years < 1_000) return kept;
  context.addIssue({ code: 'custom', message: 'must be years or days such as 6y or 2200d, at least 1y' });
  return z.NEVER;
});

/** The variable of retention. Six years: HIPAA, 45 CFR 164.316(b)(2)(i). */
export const RETENTION_VARIABLES = { AUDIT_RETENTION: retention.prefault('6y') } as const;

/** Reads how long records are kept. */
export function parseRetention(env: Environment): Parsed<'retention', Retention> {
  const parsed = z.object(RETENTION_VARIABLES).safeParse(setVariables(env), { error: wording });
  if (!parsed.success) return { ok: false, problems: toFieldProblems(parsed.error) };
  return { ok: true, retention: parsed.data.AUDIT_RETENTION };
}
