import { z } from 'zod';
import { exclusiveProblems, secretFileVariable, setVariables, type Environment } from '../domain/environment.ts';
import { toFieldProblems, wording, type FieldProblem, type Parsed } from '../domain/field-problem.ts';
import { parsePostgresUrl, type PostgresAddress } from './postgres-address.ts';

/** Where the audit trail is. */
export type StoreConfig = { kind: 'file'; path: string } | { kind: 'postgres'; address: PostgresAddress };

/** The variables that say where the audit trail is, for the worker and the commands alike. */
export const AUDIT_VARIABLES = {
  AUDIT_FILE: z
    .string()
    .refine((path) => !path.includes('\0'), { error: 'must be the path of a file' })
    .default('audit.jsonl'),
  AUDIT_URL: z.string().optional(),
  AUDIT_URL_FILE: secretFileVariable.optional(),
} as const;

const schema = z.object(AUDIT_VARIABLES);

/** Reads where the audit trail is: `audit.jsonl` unless something is said. All problems together, by variable. */
export function parseStoreConfig(env: Environment): Parsed<'store', StoreConfig> {
  const parsed = schema.safeParse(setVariables(env), { error: wording });
  const problems = [
    ...(parsed.success ? [] : toFieldProblems(parsed.error)),
    ...exclusiveProblems(env, 'AUDIT_URL', 'AUDIT_URL_FILE', 'AUDIT_FILE'),
  ];
  const url = parsed.data?.AUDIT_URL ?? parsed.data?.AUDIT_URL_FILE;
  const address = url === undefined ? undefined : parsePostgresUrl(url);
  if (address?.ok === false) problems.push(...address.problems.map((problem) => named(env, problem)));
  if (!parsed.success || problems.length > 0) return { ok: false, problems };
  if (address?.ok === true) return { ok: true, store: { kind: 'postgres', address: address.address } };
  return { ok: true, store: { kind: 'file', path: parsed.data.AUDIT_FILE } };
}

function named(env: Environment, problem: FieldProblem): FieldProblem {
  const path = setVariables(env)['AUDIT_URL'] === undefined ? 'AUDIT_URL_FILE' : 'AUDIT_URL';
  return { ...problem, path };
}
