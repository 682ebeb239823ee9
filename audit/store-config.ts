import { z } from 'zod';
import { exclusiveProblems, secretFileVariable, setVariables, type Environment } from '../domain/environment.ts';
import { toFieldProblems, wording, type Parsed } from '../domain/field-problem.ts';
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
  const set = setVariables(env);
  const parsed = schema.safeParse(set, { error: wording });
  const problems = [
    ...(parsed.success ? [] : toFieldProblems(parsed.error)),
    ...exclusiveProblems(env, 'AUDIT_URL', 'AUDIT_URL_FILE', 'AUDIT_FILE'),
  ];
  const variable = set['AUDIT_URL'] === undefined ? 'AUDIT_URL_FILE' : 'AUDIT_URL';
  const url = parsed.data?.AUDIT_URL ?? parsed.data?.AUDIT_URL_FILE;
  const read = url === undefined ? undefined : parsePostgresUrl(url);
  if (read?.ok === false) problems.push(...read.problems.map((problem) => ({ ...problem, path: variable })));
  if (!parsed.success || problems.length > 0) return { ok: false, problems };
  if (read?.ok !== true) return { ok: true, store: { kind: 'file', path: parsed.data.AUDIT_FILE } };
  const file = set['AUDIT_URL_FILE'];
  const { address } = read;
  return { ok: true, store: { kind: 'postgres', address: file === undefined ? address : rereading(file, address) } };
}

/** A new password in the file is used from the next connection on. What else is new there needs a restart. */
function rereading(file: string, address: PostgresAddress): PostgresAddress {
  return {
    ...address,
    password() {
      const url = secretFileVariable.safeParse(file);
      const read = url.success ? parsePostgresUrl(url.data) : undefined;
      return read?.ok === true ? read.address.password() : address.password();
    },
  };
}
