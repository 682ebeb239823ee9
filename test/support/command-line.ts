import assert from 'node:assert/strict';
import type { ProvisionRequest, SkillRef } from '../../domain/request.ts';
import { runProgram, type ProgramRun } from './program.ts';

/** The one JSON document of a command, by field. */
export type Document = Record<string, unknown> & {
  status?: string;
  problem?: { code: string; message: string; details?: Record<string, unknown> };
};

/** A command that was run with `--json`. */
export interface CommandRun extends ProgramRun {
  json: Document;
}

/** Runs a command with `--json` and holds it to what that promises: exactly one document on stdout, a line of its own. */
export async function runCommand(args: readonly string[], env: Record<string, string>): Promise<CommandRun> {
  const run = await runProgram([...args, '--json'], env);
  assert.match(run.stdout, /^\{[^\n]*\}\n$/, `stdout of ${args.join(' ')} is not one document:\n${run.stdout}`);
  return { ...run, json: JSON.parse(run.stdout) as Document };
}

/** Repeats a request with its id, as one is told to, until a worker has taken it: a busy machine is slow. */
export async function patiently(run: () => Promise<CommandRun>): Promise<CommandRun> {
  for (;;) {
    const made = await run();
    if (made.json.problem?.code !== 'not-accepted') return made;
  }
}

/** The request that a command line has made, read independently of the program; nothing if it made none. */
export function requestMadeBy(
  args: readonly string[],
  { code, json }: Pick<CommandRun, 'code' | 'json'>,
  env: Record<string, string>,
): ProvisionRequest | undefined {
  const [command = ''] = args;
  // A temporary skill makes requests of its own.
  const isTemporary = args.includes('--for') || args.includes('--until');
  if (!['provision', 'deprovision'].includes(command) || code === 2 || isTemporary) return undefined;
  const flag = (name: string): string | undefined => {
    const at = args.indexOf(`--${name}`);
    return at < 0 ? undefined : args[at + 1];
  };
  const requestId = json['requestId'] ?? json.problem?.details?.['requestId'];
  assert.ok(typeof requestId === 'string', `the caller does not hear the request's id: ${JSON.stringify(json)}`);
  const skill = {
    ...(flag('skill-id') === undefined ? {} : { skillId: flag('skill-id') }),
    ...(flag('skill') === undefined ? {} : { name: flag('skill') }),
    ...(flag('group') === undefined ? {} : { skillGroup: flag('group') }),
  } as SkillRef;
  const policy = env['PROVISIONING_POLICY'];
  return {
    requestId,
    tenantId: env['CXONE_TENANT_ID'] ?? '',
    agentId: flag('agent') ?? '',
    changes: [
      command === 'provision' ? { action: 'assign', skill, level: Number(flag('level')) } : { action: 'remove', skill },
    ],
    requestedBy: flag('by') ?? '',
    reason: flag('reason') ?? '',
    ...(flag('ticket') === undefined ? {} : { ticket: flag('ticket') }),
    ...(policy?.startsWith('{') === true ? { policy: JSON.parse(policy) as ProvisionRequest['policy'] } : {}),
  } as ProvisionRequest;
}
