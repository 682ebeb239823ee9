import type { FieldProblem } from '../../domain/field-problem.ts';
import type { FileProblem } from '../../files/problem.ts';
import { PROGRAM, type Command } from './commands.ts';
import { exitCodeOfProblem } from './exit-codes.ts';

/** An error as the command line reports it. */
export interface CliProblem {
  code: string;
  message: string;
  details?: Record<string, unknown>;
}

/** A command line or an environment that can't be used. */
export function usageProblem(
  code: string,
  problems: readonly FieldProblem[],
  command: Command | undefined,
): CliProblem {
  const lines = problems.map(({ path, message }) => (path === '' ? message : `${path} ${message}`));
  const help = command === undefined ? `${PROGRAM} --help` : `${PROGRAM} ${command.name} --help`;
  return { code, message: `${lines.join('; ')}. See "${help}".`, details: { problems } };
}

/** An error of the library, or one nobody foresaw. Known by its `code`, so that the library need not be loaded. */
export function toCliProblem(error: unknown): CliProblem {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string' && 'details' in error) {
    const details = error.details as Record<string, unknown> | undefined;
    return { code: error.code, message: error.message, ...(details === undefined ? {} : { details }) };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'unexpected', message: `An error nobody foresaw: ${message}. Run it again with --verbose.` };
}

/** The problem for people: what is wrong, line by line, and what to do next. */
export function renderProblem({ code, message, details }: CliProblem): string {
  if (code === 'invalid-file') return renderFileProblem(message, details);
  const problems = details?.['problems'] as readonly FieldProblem[] | undefined;
  if (problems !== undefined) {
    const lines = problems.map(({ path, message: text }) => `  ${path === '' ? text : `${path} ${text}`}`);
    const help = message.lastIndexOf('See "');
    return [`${code}:`, ...lines, ...(help < 0 ? [] : [message.slice(help)])].join('\n');
  }
  return [`${code}: ${message}`, ...nextStep(code, details)].join('\n');
}

interface FileDetails {
  file: string;
  problems: (FileProblem | FieldProblem)[];
  leftOut: number;
}

/** One line for each problem, in a form that editors can follow. */
function renderFileProblem(message: string, details: Record<string, unknown> = {}): string {
  const { file, problems = [], leftOut } = details as Partial<FileDetails>;
  return [
    `invalid-file: ${message}`,
    ...problems.map((problem) => `  ${placeOf(problem, file)} ${problem.message}`),
    ...(leftOut === undefined ? [] : [`  and ${leftOut} more`]),
  ].join('\n');
}

function placeOf(problem: FileProblem | FieldProblem, file = ''): string {
  return 'line' in problem ? `${file}:${problem.line}:${problem.column}:` : problem.path;
}

function nextStep(code: string, details: Record<string, unknown> | undefined): string[] {
  const { agentId, requestId, bulkId } = details ?? {};
  if (typeof bulkId === 'string') return nextStepOfBulk(code, bulkId);
  if (typeof agentId !== 'string') return [];
  switch (code) {
    case 'still-running':
    case 'interrupted':
      return [`Look it up: ${PROGRAM} outcome --agent ${agentId} --request-id ${String(requestId)}`];
    case 'unknown-request':
    case 'nothing-to-reconcile':
    case 'nothing-to-cancel':
    case 'run-terminated':
      return [`See what is known: ${PROGRAM} status --agent ${agentId}`];
    default:
      return [];
  }
}

function nextStepOfBulk(code: string, bulkId: string): string[] {
  switch (code) {
    case 'interrupted':
      return [`See how far it has come: ${PROGRAM} bulk status --bulk ${bulkId}`];
    case 'temporal-unreachable':
    case 'not-accepted':
      return ['Repeat the command: what was submitted already is not done twice.'];
    case 'bulk-id-reused':
      return ['If it is to be done again or otherwise, give it an id of its own: --bulk ID'];
    default:
      return [];
  }
}

export function exitCodeOf({ code }: CliProblem): number {
  return exitCodeOfProblem(code);
}
