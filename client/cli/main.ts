import type { Environment } from '../../domain/environment.ts';
import { parseArguments, type Arguments } from './arguments.ts';
import type { CheckedCommand } from './execute.ts';
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

/**
 * Runs one command line (without the program's name) and returns the exit code. Never throws. With `--json` exactly
 * one document goes to stdout, whatever happens.
 */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
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
    const [{ execute }, { createProgress }] = await Promise.all([import('./execute.ts'), import('./progress.ts')]);
    const waiting = { signal: interrupt.signal, onProgress: createProgress(io.stderr), stderr: io.stderr };
    const result = await execute(checked, waiting, (id) => (made = id));
    return finish(result, json, io);
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

/** All that is wrong with flags, their values and the environment, together; or the command, ready to carry out. */
async function check(parsed: Arguments, env: Environment): Promise<CheckedCommand | CliProblem> {
  const { command, values, switches, problems } = parsed;
  if (command === undefined) return usageProblem('invalid-arguments', problems, command);
  if (command.name === 'worker' || command.name === 'codec-server') return serviceProblem(parsed, command.name);
  const [{ problemsOfValues }, { parseCliConfig }] = await Promise.all([import('./inputs.ts'), import('./config.ts')]);
  const config = parseCliConfig(env, values.get('tenant'));
  const reported = new Set(problems.map(({ path }) => path));
  const ofValues = problemsOfValues(command.name, values).filter(({ path }) => !reported.has(path));
  const ofConfig = config.ok ? [] : config.problems;
  const all = [...problems, ...ofValues, ...ofConfig];
  if (config.ok && all.length === 0) {
    return { name: command.name, values, switches, config: config.config };
  }
  if (problems.length > 0) return usageProblem('invalid-arguments', all, command);
  return usageProblem(ofValues.length > 0 ? 'invalid-request' : 'invalid-configuration', all, command);
}

function serviceProblem({ command, problems }: Arguments, name: string): CliProblem {
  const alone = { path: '', message: `the ${name} takes no flags; its settings are in the environment` };
  return usageProblem('invalid-arguments', problems.length > 0 ? problems : [alone], command);
}

function finish({ document, text, exitCode }: CommandResult, json: boolean, { stdout }: CliIo): number {
  stdout.write(json ? `${JSON.stringify(document)}\n` : `${text}\n`);
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
