import { DRIFT_NAME_PATTERN } from '../../domain/drift.ts';
import type { FieldProblem } from '../../domain/field-problem.ts';
import { durationMs } from './arguments.ts';
import type { FlagValues } from './inputs.ts';
import { problemsOfTexts } from './text-inputs.ts';

const MIN_EVERY_MS = 60_000;

/** What is wrong with the values of the flags of skills as code, by flag. */
export function problemsOfCodeValues(values: FlagValues): FieldProblem[] {
  return [...problemsOfTexts(values), ...problemsOfWatch(values)];
}

/** A name goes into a schedule's id, and each check reads every agent. */
function problemsOfWatch(values: FlagValues): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (!DRIFT_NAME_PATTERN.test(values.get('name') ?? 'main')) {
    problems.push({ path: '--name', message: "must be 1 to 64 letters, digits, '_' or '-'" });
  }
  if ((durationMs(values.get('every') ?? '') ?? MIN_EVERY_MS) < MIN_EVERY_MS) {
    problems.push({ path: '--every', message: 'must be at least 1m' });
  }
  return problems;
}
