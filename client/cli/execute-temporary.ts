import type { TemporaryView } from '../temporary-runs.ts';
import type { TemporaryClient } from '../temporary.ts';
import { waitTimeout } from './arguments.ts';
import type { CommandResult } from './documents.ts';
import type { CheckedCommand, MadeId, Waiting } from './execute.ts';
import { EXIT, exitCodeOfOutcome } from './exit-codes.ts';
import { toEndOrder, toExtension, toNewTemporary } from './temporary-inputs.ts';
import { renderTemporary, renderTemporaryList } from './temporary-render.ts';

/** Carries out a command of temporary skills. The id of a new one is told beforehand. */
export async function executeTemporary(
  temporary: TemporaryClient,
  { name, values, switches }: CheckedCommand,
  { signal }: Waiting,
  tell: (id: MadeId) => void,
): Promise<CommandResult> {
  const agentId = values.get('agent') ?? '';
  const options = { signal, ...waitTimeout(values) };
  switch (name) {
    case 'temporary list': {
      const items = await temporary.list({ ...(values.has('agent') ? { agentId } : {}), all: switches.has('all') });
      return { document: { items }, text: renderTemporaryList(items), exitCode: EXIT.done };
    }
    case 'temporary status':
      return result(await temporary.status(agentId, values.get('request-id') ?? ''), EXIT.done);
    case 'temporary extend':
      return result(await temporary.extend(toExtension(values)), EXIT.done);
    case 'temporary end':
      return ofOrder(await temporary.end(toEndOrder(values), options));
    case 'temporary cancel':
      return ofOrder(await temporary.cancel(toEndOrder(values), options));
    default: {
      const skill = toNewTemporary(values);
      tell({ requestId: skill.temporaryId });
      const view = switches.has('no-wait') ? await temporary.submit(skill) : await temporary.provision(skill, options);
      return result(view, exitCodeOf(view));
    }
  }
}

function result(view: TemporaryView, exitCode: number): CommandResult {
  return { document: view, text: renderTemporary(view), exitCode };
}

/** An order that was carried out has done what it was given for; one that could not take the skill back has not. */
function ofOrder(view: TemporaryView): CommandResult {
  if (view.parked !== undefined) return result(view, EXIT.awaitingReconciliation);
  return result(view, view.status === 'not-restored' || view.state === 'Terminated' ? EXIT.notProvisioned : EXIT.done);
}

/** As of the request that gives the skill, as long as that is what there is to tell. */
function exitCodeOf({ parked, state, status, start }: TemporaryView): number {
  if (parked !== undefined) return EXIT.awaitingReconciliation;
  if (state === 'Terminated' || status === 'not-restored') return EXIT.notProvisioned;
  if (state !== 'Ended') return EXIT.done;
  if (status === 'rejected') return EXIT.refused;
  return start === undefined ? EXIT.notProvisioned : exitCodeOfOutcome(start.status);
}
