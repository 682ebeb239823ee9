import { allRequestsEnd } from './invariants/all-requests-end.ts';
import { auditTrail } from './invariants/audit-trail.ts';
import { carefulToggles } from './invariants/careful-toggles.ts';
import { etagOfARead } from './invariants/etag-of-a-read.ts';
import { gather, type Evidence, type InvariantInput, type Verdict } from './invariants/evidence.ts';
import { freshSkillIds } from './invariants/fresh-skill-ids.ts';
import { honestOutcomes } from './invariants/honest-outcomes.ts';
import { lockWaitsEnd } from './invariants/lock-waits-end.ts';
import { noSkillLost } from './invariants/no-skill-lost.ts';
import { oneEffectPerAttempt } from './invariants/one-effect-per-attempt.ts';
import { oneKeyOneBody } from './invariants/one-key-one-body.ts';
import { oneWriteInFlight } from './invariants/one-write-in-flight.ts';
import { patienceAfterConflict } from './invariants/patience-after-conflict.ts';
import { retryAfterHonoured } from './invariants/retry-after-honoured.ts';
import { tokenCare } from './invariants/token-care.ts';
import { writesOnlyWhenIdle } from './invariants/writes-only-when-idle.ts';

export type { InvariantInput, Verdict } from './invariants/evidence.ts';

const INVARIANTS = {
  I1: ['no skill is lost', noSkillLost],
  I2: ['one effect per attempt, no rewrite without a read', oneEffectPerAttempt],
  I3: ['outcomes are honest', honestOutcomes],
  I4: ['every PATCH has the ETag of its own read', etagOfARead],
  I5: ['a 412 is followed by wait, read, write; five at most', patienceAfterConflict],
  I6: ['lock waits end', lockWaitsEnd],
  I7: ['toggles are few, long enough, and put back', carefulToggles],
  I8: ['one write in flight per agent', oneWriteInFlight],
  I9: ['one key, one body', oneKeyOneBody],
  I10: ['Retry-After is honoured', retryAfterHonoured],
  I11: ['one token request at a time, none used at its end', tokenCare],
  I12: ['skill ids are fresh', freshSkillIds],
  I13: ['the audit trail is whole', auditTrail],
  I14: ['nothing is written to a busy agent', writesOnlyWhenIdle],
  I15: ['every request ends or waits for a person', allRequestsEnd],
} as const satisfies Record<string, readonly [string, (evidence: Evidence) => Verdict]>;

export type InvariantName = keyof typeof INVARIANTS;
export type InvariantReport = Record<InvariantName, Verdict>;

/** Judges every invariant over what a run has left behind. */
export function checkInvariants(input: InvariantInput): InvariantReport {
  const evidence = gather(input);
  const verdicts = Object.entries(INVARIANTS).map(([name, [, judge]]) => [name, judge(evidence)]);
  return Object.fromEntries(verdicts) as InvariantReport;
}

/**
 * Throws, with a table of all of them, if an invariant is violated, if one of `requireCases` was put to the test by
 * nothing, if the ledger or the audit trail is empty, or if a client called what the platform does not have.
 */
export function assertInvariants(input: InvariantInput & { requireCases?: readonly InvariantName[] }): InvariantReport {
  const report = checkInvariants(input);
  const problems = [
    ...(input.ledger.length === 0 ? ['The ledger is empty.'] : []),
    ...(input.audit.length === 0 ? ['The audit trail is empty.'] : []),
    ...input.ledger
      .filter(({ flags }) => flags?.includes('unknown-route') === true)
      .map(({ seq, method, path }) => `#${seq} called ${method} ${path}, which the platform does not have.`),
    ...(input.requireCases ?? [])
      .filter((name) => report[name].cases === 0)
      .map((name) => `${name} was put to the test by no case.`),
  ];
  const violated = Object.values(report).some(({ violations }) => violations.length > 0);
  if (problems.length > 0 || violated) throw new Error(`${[...problems, ''].join('\n')}${describeReport(report)}`);
  return report;
}

/** A table for people, with the violations below their invariant. */
export function describeReport(report: Readonly<Record<string, Verdict>>): string {
  return Object.entries(report)
    .flatMap(([name, { cases, violations, knownLimits }]) => {
      const [title] = name === 'I16' ? ['stored histories replay'] : INVARIANTS[name as InvariantName];
      const verdict = violations.length > 0 ? 'VIOLATED' : cases > 0 ? 'holds' : 'not tried';
      const limits = knownLimits === undefined ? '' : ` (${knownLimits} known limits)`;
      const head = `${name.padEnd(4)}${title.padEnd(58)}${String(cases).padStart(6)} cases  ${verdict}${limits}`;
      return [head, ...violations.map((violation) => `      ${violation}`)];
    })
    .join('\n');
}
