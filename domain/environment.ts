import { readFileSync } from 'node:fs';
import ms, { type StringValue } from 'ms';
import { z } from 'zod';
import { parseEndpoint, type Endpoint } from './endpoint.ts';
import type { FieldProblem } from './field-problem.ts';

/** Variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables that are set. An empty one counts as not set: container tools pass `NAME=` for what nobody filled in. */
export function setVariables(env: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1].trim() !== ''),
  );
}

/** Of several variables that mean the same at most one may be set. */
export function exclusiveProblems(env: Environment, ...names: string[]): FieldProblem[] {
  const set = names.filter((name) => setVariables(env)[name] !== undefined);
  return set.slice(1).map((name) => ({ path: name, message: `must not be set together with ${set[0]}` }));
}

/** A variable whose value is the path of a file; parses to the file's bytes. */
export const fileVariable = z.string().transform((path, context) => {
  try {
    return readFileSync(path);
  } catch (error) {
    context.addIssue({ code: 'custom', message: `must be the path of a readable file (${errorCode(error)})` });
    return z.NEVER;
  }
});

/** A variable whose value is the path of a file that holds a secret; parses to its text without surrounding blanks. */
export const secretFileVariable = fileVariable.transform((bytes, context) => {
  const secret = bytes.toString('utf8').trim();
  if (secret !== '') return secret;
  context.addIssue({ code: 'custom', message: 'must be the path of a file that is not empty' });
  return z.NEVER;
});

/** `true` or `false`, however it is written. */
export const booleanVariable = z
  .string()
  .regex(/^(?:true|false|1|0|yes|no)$/i, { error: 'must be true or false' })
  .transform((text) => /^(?:true|1|yes)$/i.test(text));

/** A variable whose value is `host:port`; port 0 (any free one) only where `allowAnyPort`. */
export function endpointVariable(allowAnyPort: boolean) {
  return z.string().transform((text, context): Endpoint => {
    const parsed = parseEndpoint(text, allowAnyPort);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: 'custom', message: 'must be host:port, such as 127.0.0.1:8080' });
    return z.NEVER;
  });
}

const DURATION_PATTERN = /^\d+(?:\.\d+)? ?(?:ms|s|m|h|d)$/;

/** A variable whose value is a duration within these bounds; parses to milliseconds. */
export function durationVariable(least: StringValue, most: StringValue, example: StringValue) {
  return z.string().transform((text, context): number => {
    const lengthMs = DURATION_PATTERN.test(text) ? ms(text as StringValue) : Number.NaN;
    if (lengthMs >= ms(least) && lengthMs <= ms(most)) return lengthMs;
    const message = `must be a duration from "${least}" to "${most}", such as "${example}"`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
}

/** As many letters may a name differ from one of ours to be taken for a slip of the keyboard. */
const SLIP = 3;

/**
 * Variables that are set, begin with one of our prefixes and are nearly one of ours. Others with such a prefix may be
 * somebody else's.
 */
export function misspeltVariables(
  env: Environment,
  known: readonly string[],
  prefixes: readonly string[],
): FieldProblem[] {
  return Object.keys(setVariables(env))
    .filter((name) => prefixes.some((prefix) => name.startsWith(prefix)) && !known.includes(name))
    .flatMap((path) => {
      const meant = nearest(path, known);
      return meant === undefined ? [] : [{ path, message: `is not known; did you mean ${meant}?` }];
    });
}

function nearest(name: string, known: readonly string[]): string | undefined {
  const ranked = known.map((candidate) => ({ candidate, distance: editDistance(name, candidate) }));
  const best = ranked.reduce((nearer, other) => (other.distance < nearer.distance ? other : nearer));
  return best.distance <= SLIP ? best.candidate : undefined;
}

/** Levenshtein's distance, one row at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of Array.from(from).entries()) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (row[column - 1] ?? 0) + (letter === to[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
