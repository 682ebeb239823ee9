import { total, type Evidence, type Verdict } from './evidence.ts';

/** I15: with the faults over, every request has ended or waits for a person, visibly. Judged only if `parked` is given. */
export function allRequestsEnd({ agents, parked }: Evidence): Verdict {
  if (parked === undefined) return { cases: 0, violations: [] };
  return total(
    agents.map(({ name, requests, outcomes }) => {
      const seen = new Set([...outcomes, ...parked].map(({ requestId }) => requestId));
      const lost = requests.filter(({ requestId }) => !seen.has(requestId));
      const violations = lost.map(({ requestId }) => `${name}: ${requestId} neither ended nor waits for a person`);
      return { cases: requests.length, violations };
    }),
  );
}
