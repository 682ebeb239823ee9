import { randomUUID } from 'node:crypto';
import type { FieldProblem } from '../../domain/field-problem.ts';
import { parseRequest } from '../../domain/request.schema.ts';
import type { CancelOrder, ReconcileAction, ReconcileOrder } from '../../workflows/provision-skill.messages.ts';
import { parseAgentKey, parseCancelOrder, parseReconcileOrder, parseRequestKey } from '../order.schema.ts';
import type { AgentOrder } from '../order.schema.ts';
import type { NewRequest } from '../provisioning-client.ts';
import { isAuditReadCommand } from './audit-read-commands.ts';
import { problemsOfReadValues } from './audit-read-inputs.ts';
import { problemsOfBulkValues } from './bulk-inputs.ts';
import { isCodeCommand } from './code-commands.ts';
import { problemsOfCodeValues } from './code-inputs.ts';
import { isTemporary, problemsOfTemporaryValues } from './temporary-inputs.ts';

/** Values of flags, by name. */
export type FlagValues = ReadonlyMap<string, string>;

/** The request that `provision` or `deprovision` makes; with an id, so that the caller hears it whatever happens. */
export function toNewRequest(command: string, values: FlagValues): NewRequest {
  return {
    requestId: values.get('request-id') ?? randomUUID(),
    ...(requestFields(command, values) as unknown as Omit<NewRequest, 'requestId'>),
  };
}

export function toReconcileOrder(values: FlagValues): AgentOrder<ReconcileOrder> {
  return {
    agentId: values.get('agent') ?? '',
    ...optional('requestId', values.get('request-id')),
    action: values.get('action') as ReconcileAction,
    operator: values.get('by') ?? '',
    note: values.get('note') ?? '',
  };
}

export function toCancelOrder(values: FlagValues): AgentOrder<CancelOrder> {
  return {
    agentId: values.get('agent') ?? '',
    ...optional('requestId', values.get('request-id')),
    by: values.get('by') ?? '',
    note: values.get('note') ?? '',
  };
}

/** What the schemas say against the values of a command's flags, by flag. */
export function problemsOfValues(
  command: string,
  values: FlagValues,
  switches: ReadonlySet<string> = new Set(),
): FieldProblem[] {
  if (command.startsWith('audit ')) {
    return isAuditReadCommand(command) ? problemsOfReadValues(command, values, switches) : [];
  }
  if (command.startsWith('temporary ') || isTemporary(values)) return problemsOfTemporaryValues(command, values);
  if (command.startsWith('bulk ')) return problemsOfBulkValues(command, values);
  if (isCodeCommand(command)) return problemsOfCodeValues(values);
  const parsed = parseFor(command, values);
  return parsed === undefined || parsed.ok ? [] : parsed.problems.map((problem) => byFlag(problem, values));
}

function parseFor(command: string, values: FlagValues) {
  const agentId = values.get('agent');
  const requestId = values.get('request-id');
  switch (command) {
    case 'provision':
    case 'deprovision':
      // Tenant and policy are the environment's and checked there.
      return parseRequest({ requestId: requestId ?? 'none', tenantId: 'none', ...requestFields(command, values) });
    case 'status':
      return parseAgentKey({ agentId });
    case 'outcome':
      return parseRequestKey({ agentId, requestId });
    case 'reconcile':
      return parseReconcileOrder(toReconcileOrder(values));
    case 'cancel':
      return parseCancelOrder(toCancelOrder(values));
    default:
      return undefined;
  }
}

function requestFields(command: string, values: FlagValues): Record<string, unknown> {
  const skill = {
    ...optional('skillId', values.get('skill-id')),
    ...optional('name', values.get('skill')),
    ...optional('skillGroup', values.get('group')),
  };
  const level = values.get('level');
  const change =
    command === 'deprovision'
      ? { action: 'remove', skill }
      : { action: 'assign', skill, level: level === undefined ? undefined : Number(level) };
  return {
    agentId: values.get('agent'),
    changes: [change],
    requestedBy: values.get('by'),
    reason: values.get('reason'),
    ...optional('ticket', values.get('ticket')),
  };
}

const FLAG_OF_FIELD: Readonly<Record<string, string>> = {
  agentId: '--agent',
  requestId: '--request-id',
  requestedBy: '--by',
  operator: '--by',
  by: '--by',
  reason: '--reason',
  ticket: '--ticket',
  note: '--note',
  action: '--action',
  'changes.0.level': '--level',
  'changes.0.skill': '--skill',
  'changes.0.skill.name': '--skill',
  'changes.0.skill.skillId': '--skill-id',
  'changes.0.skill.skillGroup': '--group',
};

function byFlag(problem: FieldProblem, values: FlagValues): FieldProblem {
  const flag = FLAG_OF_FIELD[problem.path];
  if (flag === undefined) return problem;
  return { ...problem, path: flag, message: wordingFor(flag, problem, values) };
}

/** The schema's words, or those of the flags where it speaks of fields that no flag has. */
function wordingFor(flag: string, { path, message }: FieldProblem, values: FlagValues): string {
  if (path === 'changes.0.skill') return 'is required, or --skill-id: the skill that is meant';
  if (flag === '--group' && values.has('skill-id'))
    return 'must not be given with --skill-id, which is unique by itself';
  const isRemoval = flag === '--level' && Number(values.get('level')) === 0;
  return isRemoval ? `${message}; to take a skill away use deprovision` : message;
}

function optional<Name extends string>(name: Name, value: string | undefined): { [K in Name]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { [K in Name]?: string });
}
