import type { ProvisionStatus } from '../../workflows/provision-skill.messages.ts';
import type { CliStream } from './main.ts';

/** A terminal is told at once; a log only of waits that are worth a line. */
const QUIET_MS = 5_000;

/** Says on stderr what a wait is for, whenever that changes. */
export function createProgress(stderr: CliStream, startedAt = Date.now()): (status: ProvisionStatus) => void {
  let last = '';
  return ({ state, waitingFor }) => {
    if (stderr.isTTY !== true && Date.now() - startedAt < QUIET_MS) return;
    const line = `waiting: ${state}${waitingFor === undefined ? '' : `, for ${waitingFor}`} …`;
    if (line !== last) stderr.write(`${line}\n`);
    last = line;
  };
}
