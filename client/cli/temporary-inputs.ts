import { randomUUID } from 'node:crypto';
import type { FieldProblem, Parsed } from '../../domain/field-problem.ts';
import {
  parseExtension,
  parseNewTemporary,
  parseTemporaryEnd,
  parseTemporaryKey,
  parseTemporaryList,
  type NewTemporarySkill,
  type TemporaryEndOrder,
  type TemporaryExtension,
} from '../temporary.schema.ts';
import type { FlagValues } from './inputs.ts';
import { PERIOD_FLAGS } from './temporary-commands.ts';

/** Whether a `provision` is for a time. */
export function isTemporary(values: FlagValues): boolean {
  return PERIOD_FLAGS.some(({ name }) => values.has(name));
}

/** The temporary skill that a `provision` makes; with an id, so that the caller hears it whatever happens. */
export function toNewTemporary(values: FlagValues): NewTemporarySkill & { temporaryId: string } {
  const level = values.get('level');
  const fields = {
    temporaryId: values.get('request-id') ?? randomUUID(),
    agentId: values.get('agent'),
    skill: given({ skillId: values.get('skill-id'), name: values.get('skill'), skillGroup: values.get('group') }),
    level: level === undefined ? undefined : Number(level),
    ...given({ from: values.get('from'), ...endOf(values), ticket: values.get('ticket') }),
    requestedBy: values.get('by'),
    reason: values.get('reason'),
  };
  return fields as unknown as NewTemporarySkill & { temporaryId: string };
}

export function toEndOrder(values: FlagValues): TemporaryEndOrder {
  return {
    agentId: values.get('agent') ?? '',
    temporaryId: values.get('request-id') ?? '',
    by: values.get('by') ?? '',
    note: values.get('note') ?? '',
  };
}

export function toExtension(values: FlagValues): TemporaryExtension {
  return { ...toEndOrder(values), ...endOf(values) };
}

/** What the schemas say against the values of these commands' flags, by flag. */
export function problemsOfTemporaryValues(command: string, values: FlagValues): FieldProblem[] {
  const parsed = parseFor(command, values);
  return parsed.ok ? [] : parsed.problems.map((problem) => byFlag(problem, values));
}

function parseFor(command: string, values: FlagValues): Parsed<'value', unknown> | Parsed<'temporary', unknown> {
  const now = Date.now();
  const agentId = values.get('agent');
  switch (command) {
    case 'provision':
      // Tenant and policy are the environment's and checked there.
      return parseNewTemporary(toNewTemporary(values), { tenantId: 'none', allowShortGap: true, now });
    case 'temporary list':
      return parseTemporaryList(given({ agentId }));
    case 'temporary status':
      return parseTemporaryKey({ agentId, temporaryId: values.get('request-id') });
    case 'temporary extend':
      return parseExtension(toExtension(values), now);
    default:
      return parseTemporaryEnd(toEndOrder(values));
  }
}

function endOf(values: FlagValues): { until?: string; for?: string; zone?: string } {
  return given({ until: values.get('until'), for: values.get('for'), zone: values.get('zone') });
}

function given(fields: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

const FLAG_OF_FIELD: Readonly<Record<string, string>> = {
  agentId: '--agent',
  temporaryId: '--request-id',
  requestedBy: '--by',
  by: '--by',
  reason: '--reason',
  ticket: '--ticket',
  note: '--note',
  from: '--from',
  until: '--until',
  for: '--for',
  zone: '--zone',
  level: '--level',
  skill: '--skill',
  'skill.name': '--skill',
  'skill.skillId': '--skill-id',
  'skill.skillGroup': '--group',
};

/** The schema's words, or those of the flags where it speaks of fields that no flag has. */
function byFlag(problem: FieldProblem, values: FlagValues): FieldProblem {
  const path = FLAG_OF_FIELD[problem.path];
  if (path === undefined) return problem;
  if (path === '--skill' && problem.path === 'skill') {
    return { ...problem, path, message: 'is required, or --skill-id: the skill that is meant' };
  }
  if (path === '--group' && values.has('skill-id')) {
    return { ...problem, path, message: 'must not be given with --skill-id, which is unique by itself' };
  }
  const message = problem.message
    .replace('or for instead', 'or --for instead')
    .replace('with a zone', 'with --zone')
    .replace('or a zone must be given', 'or --zone must be given')
    .replace('later than from', 'later than --from');
  return { ...problem, path, message };
}
