import { endOf, ref, type Evidence, type Verdict } from './evidence.ts';

/** I8: no two writes to one agent's skills are in flight at once, whichever process sends them. */
export function oneWriteInFlight({ agents }: Evidence): Verdict {
  const violations = agents.flatMap(({ name, patches }) =>
    patches.flatMap((patch, index) => {
      const open = patches.slice(0, index).filter((earlier) => endOf(earlier) > patch.arrivedMono);
      return open.map((earlier) => `${name}: ${ref(patch)} came while ${ref(earlier)} was in flight`);
    }),
  );
  return { cases: agents.reduce((sum, { patches }) => sum + patches.length, 0), violations };
}
