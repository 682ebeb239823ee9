import { endOf, ref, total, type Evidence, type Verdict } from './evidence.ts';

const EARLY_MS = 300_000;
/** The token's end is in whole seconds, and a call may have been on its way for a moment. */
const SLACK_MS = 2000;

/** I11: a process asks for one token of a tenant at a time and uses none in its last 300 s. */
export function tokenCare({ processes }: Evidence): Verdict {
  return total(
    processes.map(({ name, entries }) => {
      const asked = entries.filter(({ operation }) => operation === 'token');
      const overlaps = asked.flatMap((entry, index) =>
        asked
          .slice(0, index)
          .filter((earlier) => endOf(earlier) > entry.arrivedMono)
          .map((earlier) => `${name}: ${ref(entry)} asked for a token while ${ref(earlier)} did`),
      );
      const late = entries
        .filter(({ operation }) => operation !== 'token')
        .filter(({ tokenExpiresAt = Infinity, arrivedAt }) => tokenExpiresAt - arrivedAt < EARLY_MS - SLACK_MS)
        .map((entry) => `${name}: ${ref(entry)} used a token in its last 300 s`);
      return { cases: asked.length, violations: [...overlaps, ...late] };
    }),
  );
}
