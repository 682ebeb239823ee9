import type { z } from 'zod';

/** One thing that is wrong with what somebody gave us: where (a field's path or a variable's name) and what is allowed. */
export interface FieldProblem {
  path: string;
  message: string;
  /** Set where a program cares: `level-refused` is counted. */
  code?: 'level-refused';
}

/** The result of a parser: the value, or every problem it has. */
export type Parsed<Name extends string, Value> =
  ({ ok: true } & Record<Name, Value>) | { ok: false; problems: FieldProblem[] };

/** Turns zod's issues into problems; an unknown field becomes a problem of its own path. */
export function toFieldProblems(error: z.ZodError): FieldProblem[] {
  return error.issues.flatMap((issue): FieldProblem[] => {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: issue.message }));
    }
    const problem: FieldProblem = { path: path.join('.'), message: issue.message };
    if (issue.code === 'custom' && issue.params?.['code'] === 'level-refused') problem.code = 'level-refused';
    return [problem];
  });
}

/** `changes.0.level: must be …; ticket: must be …`, for one line of an error. */
export function describeProblems(problems: readonly FieldProblem[]): string {
  return problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
}

/**
 * Our words for the issues that schemas leave to zod's. Values are never repeated: they may be secrets. Passed to
 * `safeParse` as `error`.
 */
export function wording(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') {
    return issue.input === undefined ? 'is required' : `must be of type ${issue.expected}, not ${kindOf(issue.input)}`;
  }
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  return undefined;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
