import type { SkillResolution } from '../activities/contract.ts';
import type { SkillChange } from '../domain/request.ts';

/**
 * The answers that belong to each request's changes, in their order; undefined for a request whose changes were not
 * asked about. An activity's result is matched to its call by order only. Should an execution ever ask about other
 * requests than the one before it, which was seen when the clock lagged (docs/decisions/0014-clock-and-queries.md), nobody may get another's
 * answers.
 */
export function matchedAnswers(
  changes: readonly (readonly SkillChange[])[],
  found: readonly SkillResolution[],
): (SkillResolution[] | undefined)[] {
  const expected = changes.reduce((sum, { length }) => sum + length, 0);
  if (found.every(({ asked }) => asked === undefined)) {
    // Answers from before they named what was asked.
    if (found.length !== expected) return changes.map(() => undefined);
    let next = 0;
    return changes.map(({ length }) => found.slice(next, (next += length)));
  }
  const byQuestion = new Map(found.map((answer) => [JSON.stringify(answer.asked), answer]));
  return changes.map((own) => {
    const answers = own.map((change) => byQuestion.get(JSON.stringify(change)));
    return answers.every((answer) => answer !== undefined) ? answers : undefined;
  });
}
