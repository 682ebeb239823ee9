import type { Problem } from '../../domain/outcome.ts';
import { ProvisioningError } from '../errors.ts';

const SHOWN = 20;

function listed(agentIds: readonly string[]): string {
  const more = agentIds.length - SHOWN;
  return agentIds.slice(0, SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** The desired state names skills in a way that can't be carried out. Nothing was planned. */
export class StateRefusedError extends ProvisioningError {
  readonly code = 'state-refused';

  constructor(problems: readonly Problem[]) {
    super(`The desired state can't be carried out: ${problems.map(({ message }) => message).join(' ')}`, {
      details: { refusals: problems.map(({ code, message }) => ({ code, message })) },
    });
  }
}

/** Agents are not as they were when the plan was made. Nothing was changed; make a new plan. */
export class AgentsChangedError extends ProvisioningError {
  readonly code = 'agents-changed';

  constructor(agentIds: readonly string[]) {
    const who = agentIds.length === 1 ? '1 agent has' : `${agentIds.length} agents have`;
    super(`${who} changed since the plan was made: ${listed(agentIds)}. Nothing was changed. Make a new plan.`, {
      details: { agentIds },
    });
  }
}

/** The platform gave no usable answer about these agents in time. */
export class AgentsUnreadError extends ProvisioningError {
  readonly code = 'agents-unread';

  constructor(agentIds: readonly string[]) {
    super(
      `The platform gave no usable answer about ${agentIds.length} of the agents in time: ${listed(agentIds)}. ` +
        'Try again later, or wait longer with --wait-timeout.',
      { details: { agentIds } },
    );
  }
}

/** A worker could not read: it does not serve the tenant, or the platform refuses it for good. */
export class ReadingRefusedError extends ProvisioningError {
  readonly code = 'reading-refused';

  constructor(message: string) {
    super(`The agents could not be read: ${message}.`);
  }
}

/** The caller's signal ended the reading. Nothing was changed. */
export class ReadingStoppedError extends ProvisioningError {
  readonly code = 'interrupted';

  constructor() {
    super('Stopped reading. Nothing was changed.');
  }
}

/** There is no record of an apply of this plan, so nobody knows what it changed. */
export class NotAppliedError extends ProvisioningError {
  readonly code = 'not-applied';
}

/** No schedule of this name watches for drift. */
export class UnknownWatchError extends ProvisioningError {
  readonly code = 'unknown-watch';

  constructor(name: string) {
    super(`Nothing watches for drift under the name ${name}.`, { details: { name } });
  }
}
