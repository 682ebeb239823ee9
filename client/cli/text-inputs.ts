import type { FieldProblem } from '../../domain/field-problem.ts';
import { parseRequest } from '../../domain/request.schema.ts';
import type { FlagValues } from './inputs.ts';

/** What is wrong with texts that are audited. They follow the rules of a request; a note is a reason. */
export function problemsOfTexts(values: FlagValues): FieldProblem[] {
  const flags: Record<string, string> = {
    requestedBy: 'by',
    reason: values.has('note') ? 'note' : 'reason',
    ticket: 'ticket',
  };
  const given = Object.entries(flags).flatMap(([field, name]) => (values.has(name) ? [[field, values.get(name)]] : []));
  const parsed = parseRequest({
    requestId: 'none',
    tenantId: 'none',
    agentId: 'none',
    changes: [{ action: 'remove', skill: { name: 'none' } }],
    requestedBy: 'none',
    reason: 'none',
    ...Object.fromEntries(given),
  });
  return parsed.ok ? [] : parsed.problems.map((problem) => ({ ...problem, path: `--${flags[problem.path]}` }));
}
