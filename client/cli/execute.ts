import { createProvisioningClient, type ProvisioningClient } from '../provisioning-client.ts';
import type { Settlement, WaitOptions } from '../waiting.ts';
import { waitTimeout } from './arguments.ts';
import { isCodeCommand } from './code-commands.ts';
import type { CliConfig } from './config.ts';
import { exitCodeOfSettlement, settlementDocument, type CommandResult } from './documents.ts';
import { EXIT } from './exit-codes.ts';
import { toCancelOrder, toNewRequest, toReconcileOrder, type FlagValues } from './inputs.ts';
import type { CliStream } from './main.ts';
import { renderAgentStatus, renderQueue, renderSettlement } from './render.ts';
import { isTemporary } from './temporary-inputs.ts';

/** A command whose flags and environment have been checked. */
export interface CheckedCommand {
  name: string;
  values: FlagValues;
  /** Flags without a value that were given. */
  switches: ReadonlySet<string>;
  config: CliConfig;
}

/** How a wait is shown and ended, and where long outputs go. */
export type Waiting = Required<Pick<WaitOptions, 'signal' | 'onProgress'>> & {
  stdout: CliStream;
  stderr: CliStream;
  /** For what is said elsewhere than on these two. */
  redact: (text: string) => string;
};

/** An id that may have been made here, without which the caller could not repeat what they asked for. */
export type MadeId = { requestId: string } | { bulkId: string };

/** Carries a command out through the library. Throws what that throws; an id is told beforehand. */
export async function execute(
  command: CheckedCommand,
  waiting: Waiting,
  tell: (id: MadeId) => void,
): Promise<CommandResult> {
  const client = createProvisioningClient(command.config);
  try {
    return await carryOut(client, command, waiting, tell);
  } finally {
    await client.close();
  }
}

/** Each group of commands with what only it needs: what reads files, shows bars and the like. */
async function carryOut(
  client: ProvisioningClient,
  command: CheckedCommand,
  waiting: Waiting,
  tell: (id: MadeId) => void,
): Promise<CommandResult> {
  const { name, values } = command;
  if (name.startsWith('bulk ')) {
    const { executeBulk } = await import('./execute-bulk.ts');
    return executeBulk(client.bulk, command, waiting, tell);
  }
  if (isCodeCommand(name)) {
    const { executeCode } = await import('./execute-code.ts');
    return executeCode(client.code, command, waiting);
  }
  if (name.startsWith('temporary ') || isTemporary(values)) {
    const { executeTemporary } = await import('./execute-temporary.ts');
    return executeTemporary(client.temporary, command, waiting, tell);
  }
  return executeRequest(client, command, waiting, tell);
}

async function executeRequest(
  client: ProvisioningClient,
  { name, values, switches }: CheckedCommand,
  { signal, onProgress }: Waiting,
  tell: (id: MadeId) => void,
): Promise<CommandResult> {
  const agentId = values.get('agent') ?? '';
  const options: WaitOptions = { signal, onProgress, ...waitTimeout(values) };
  switch (name) {
    case 'provision':
    case 'deprovision': {
      const request = toNewRequest(name, values);
      tell({ requestId: request.requestId ?? '' });
      const submitted = await client.submit(request);
      if (!switches.has('no-wait')) return ofSettlement(await submitted.result(options), agentId);
      const { requestId, workflowId, runId } = submitted;
      const document = { status: 'submitted', requestId, workflowId, runId };
      return { document, text: `submitted: agent ${agentId}, request ${requestId}`, exitCode: EXIT.done };
    }
    case 'outcome':
      return ofSettlement(await client.outcome(agentId, values.get('request-id') ?? ''), agentId);
    case 'status': {
      const status = await client.status(agentId);
      return { document: status, text: renderAgentStatus(status), exitCode: EXIT.done };
    }
    case 'queue': {
      const items = await client.queue();
      return { document: { items }, text: renderQueue(items), exitCode: EXIT.done };
    }
    case 'reconcile':
      return ofOrder(await client.reconcile(toReconcileOrder(values), options), agentId);
    case 'cancel':
      return ofOrder(await client.cancel(toCancelOrder(values), options), agentId);
    default:
      throw new Error(`no way to carry out ${name}`);
  }
}

function ofSettlement(settlement: Settlement, agentId: string): CommandResult {
  return {
    document: settlementDocument(settlement),
    text: renderSettlement(settlement, agentId),
    exitCode: exitCodeOfSettlement(settlement),
  };
}

/** An order that was carried out has done what it was given for, however the request ended. */
function ofOrder(settlement: Settlement, agentId: string): CommandResult {
  return {
    ...ofSettlement(settlement, agentId),
    exitCode: settlement.kind === 'parked' ? EXIT.awaitingReconciliation : EXIT.done,
  };
}
