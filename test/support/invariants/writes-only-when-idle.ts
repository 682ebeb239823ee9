import { lastReading, ref, total, type Evidence, type Verdict } from './evidence.ts';
import type { LedgerEntry } from '../../../simulator/index.ts';

const IDLE = ['AVAILABLE', 'NOTAVAILABLE'];

/** I14: nothing is written, and nobody taken out, unless the state as last read was AVAILABLE or NOTAVAILABLE. */
export function writesOnlyWhenIdle({ agents }: Evidence): Verdict {
  return total(
    agents.map((agent) => {
      const writes = agent.entries.filter(isWrite);
      const violations = writes.flatMap((write) => {
        const state = lastReading(agent, 'getState', write)?.after?.state;
        if (state === undefined) return [`${agent.name}: ${ref(write)} was sent without a read of the state`];
        return IDLE.includes(state) ? [] : [`${agent.name}: ${ref(write)} was sent in ${state}`];
      });
      return { cases: writes.length, violations };
    }),
  );
}

/** Putting back is no write: an agent of ours who is out has to come back whatever we know. */
function isWrite({ operation, body }: LedgerEntry): boolean {
  if (operation === 'patchAgent') return true;
  return operation === 'patchState' && (body as { state?: unknown } | undefined)?.state === 'NOTAVAILABLE';
}
