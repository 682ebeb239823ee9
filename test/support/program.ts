import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** The program as it is installed. */
export const PROGRAM_FILE = fileURLToPath(new URL('../../bin/cxone-skills.js', import.meta.url));

/** What a command line said and how it ended. */
export interface ProgramRun {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `cxone-skills` with these arguments and variables, and no others of ours, Temporal's or Node's, to its end. */
export async function runProgram(args: readonly string[], env: Record<string, string>): Promise<ProgramRun> {
  const child = spawn(process.execPath, [PROGRAM_FILE, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: programEnvironment(env),
  });
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  if (code === null) throw new Error(`cxone-skills ${args.join(' ')} was ended by ${signal}:\n${stderr}`);
  return { code, stdout, stderr };
}

/** What a process inherits from this one, less every variable that the program or its tools read, plus `env`. */
export function programEnvironment(env: Record<string, string>): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    ([name, value]) => value !== undefined && !/^(?:(?:TEMPORAL|CXONE|PROVISIONING|NODE)_|AUDIT_)/.test(name),
  );
  return { ...(Object.fromEntries(inherited) as Record<string, string>), ...env };
}
