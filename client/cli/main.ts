import { hideSecretsOf } from '../../domain/environment-secrets.ts';
import type { Environment } from '../../domain/environment.ts';
import { createRedactor } from '../../domain/redactor.ts';
import type { Parsed } from '../../domain/field-problem.ts';
import { parseArguments, type Arguments } from './arguments.ts';
import { isAuditCommand } from './audit-commands.ts';
import type { Command } from './commands.ts';
import type { MadeId, Waiting } from './execute.ts';
import type { CommandResult } from './documents.ts';
import { EXIT } from './exit-codes.ts';
import { renderCommandHelp, renderHelp } from './help.ts';
import { exitCodeOf, renderProblem, toCliProblem, usageProblem, type CliProblem } from './problem.ts';

export interface CliStream {
  write(text: string): unknown;
  isTTY?: boolean;
}

/** What the command line talks to. */
export interface CliIo {
  env: Environment;
  stdout: CliStream;
  stderr: CliStream;
  /** Ends a wait; the request goes on. Default: the first SIGINT or SIGTERM of this process. */
  signal?: AbortSignal;
}

/** What commands write is mostly data, in which a short password may well be an ordinary word. */
const LEAST_SECRET = 8;

/**
 * Runs one command line (without the program's name) and returns the exit code. Never throws. With `--json` exactly
 * one document goes to stdout, whatever happens.
 */
export async function runCli(argv: readonly string[], given: CliIo): Promise<number> {
  const redactor = createRedactor({ tokens: false, least: LEAST_SECRET });
  hideSecretsOf(given.env, redactor);
  const redact = (text: string): string => redactor.redact(text);
  const io = withoutSecrets(given, redact);
  const json = argv.some((argument) => argument === '--json' || argument.startsWith('--json='));
  const parsed = parseArguments(argv);
  if (parsed.switches.has('help') && parsed.problems.length === 0) {
    const help = parsed.command === undefined ? renderHelp() : renderCommandHelp(parsed.command);
    return finish({ document: { help }, text: help.trimEnd(), exitCode: EXIT.done }, json, io);
  }
  const interrupt = createInterrupt(io.signal);
  let made: object = {};
  try {
    const checked = await check(parsed, io.env);
    if ('code' in checked) return fail(checked, json, io);
    const { createProgress } = await import('./progress.ts');
    const { stdout, stderr } = io;
    const waiting = { signal: interrupt.signal, onProgress: createProgress(stderr), stdout, stderr, redact };
    return finish(await checked.carryOut(waiting, (id) => (made = id)), json, io);
  } catch (error) {
    if (parsed.switches.has('verbose') && error instanceof Error) io.stderr.write(`${stackOf(error)}\n`);
    const problem = toCliProblem(error);
    const details = { ...made, ...problem.details };
    if (Object.keys(details).length > 0) problem.details = details;
    return fail(problem, json, io);
  } finally {
    interrupt.dispose();
  }
}

/** A command whose flags and environment have been checked, ready to be carried out. */
interface Ready {
  carryOut: (waiting: Waiting, tell: (id: MadeId) => void) => Promise<CommandResult>;
}

/** All that is wrong with flags, their values and the environment, together; or the command, ready to carry out. */
async function check(parsed: Arguments, env: Environment): Promise<Ready | CliProblem> {
  const { command, values, switches, problems } = parsed;
  if (command === undefined) return usageProblem('invalid-arguments', problems, command);
  if (command.name === 'worker' || command.name === 'codec-server') return serviceProblem(parsed, command.name);
  const [{ problemsOfValues }, config] = await Promise.all([import('./inputs.ts'), configured(parsed, command, env)]);
  const reported = new Set(problems.map(({ path }) => path));
  const ofValues = problemsOfValues(command.name, values, switches).filter(({ path }) => !reported.has(path));
  const ofConfig = config.ok ? [] : config.problems;
  const all = [...problems, ...ofValues, ...ofConfig];
  if (config.ok && all.length === 0) return config.ready;
  if (problems.length > 0) return usageProblem('invalid-arguments', all, command);
  return usageProblem(ofValues.length > 0 ? 'invalid-request' : 'invalid-configuration', all, command);
}

/** The command with what it needs of the environment, each kind of command with its own. */
async function configured(
  { values, switches }: Arguments,
  { name }: Command,
  env: Environment,
): Promise<Parsed<'ready', Ready>> {
  if (isAuditCommand(name)) {
    const { parseAuditCliConfig, executeAudit } = await import('./execute-audit.ts');
    const parsed = parseAuditCliConfig(name, env, values.get('tenant'));
    if (!parsed.ok) return parsed;
    const command = { name, values, switches, config: parsed.config };
    return { ok: true, ready: { carryOut: (waiting) => executeAudit(command, waiting) } };
  }
  const { parseCliConfig } = await import('./config.ts');
  const parsed = parseCliConfig(env, values.get('tenant'));
  if (!parsed.ok) return parsed;
  const command = { name, values, switches, config: parsed.config };
  return {
    ok: true,
    ready: {
      async carryOut(waiting, tell) {
        const { execute } = await import('./execute.ts');
        return execute(command, waiting, tell);
      },
    },
  };
}

function serviceProblem({ command, problems }: Arguments, name: string): CliProblem {
  const alone = { path: '', message: `the ${name} takes no flags; its settings are in the environment` };
  return usageProblem('invalid-arguments', problems.length > 0 ? problems : [alone], command);
}

/** What a server or a library says may repeat what it was shown. */
function withoutSecrets({ env, stdout, stderr, signal }: CliIo, redact: (text: string) => string): CliIo {
  // All else of a terminal, such as its width, stays what it is.
  const guarded = (stream: CliStream): CliStream =>
    Object.create(stream, { write: { value: (text: string) => stream.write(redact(text)) } }) as CliStream;
  return { env, stdout: guarded(stdout), stderr: guarded(stderr), ...(signal === undefined ? {} : { signal }) };
}

function finish({ document, text, exitCode }: CommandResult, json: boolean, { stdout }: CliIo): number {
  if (json) stdout.write(`${JSON.stringify(document)}\n`);
  else if (text !== undefined) stdout.write(`${text}\n`);
  return exitCode;
}

function fail(problem: CliProblem, json: boolean, { stdout, stderr }: CliIo): number {
  if (json) stdout.write(`${JSON.stringify({ problem })}\n`);
  else stderr.write(`${renderProblem(problem)}\n`);
  return exitCodeOf(problem);
}

/** The second signal ends the process, as it would without us. */
function createInterrupt(given: AbortSignal | undefined): { signal: AbortSignal; dispose: () => void } {
  if (given !== undefined) return { signal: given, dispose: () => undefined };
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  process.once('SIGINT', abort).once('SIGTERM', abort);
  return {
    signal: controller.signal,
    dispose: () => void process.off('SIGINT', abort).off('SIGTERM', abort),
  };
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
