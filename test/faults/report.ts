import type { InvariantReport } from '../support/invariants.ts';
import { describeReport } from '../support/invariants.ts';
import type { Verdict } from '../support/invariants/evidence.ts';
import type { Counted } from './tally.ts';

/** How a campaign came out. */
export interface CampaignReport {
  seed: number;
  requests: number;
  seconds: number;
  ended: number;
  parked: number;
  /** Answers of the platform that were no sound 200, and all its answers. */
  faulty: number;
  answers: number;
  invariants: InvariantReport & { I16: Verdict };
  counts: Counted[];
  /** Everything that makes the campaign a failure, beside the violations. */
  problems: string[];
}

/** The smallest share of faulty answers that makes it a fault campaign. */
const LEAST_FAULTY = 0.15;

function violationsOf({ invariants }: CampaignReport): string[] {
  return Object.entries(invariants).flatMap(([name, { violations }]) => violations.map((text) => `${name} ${text}`));
}

export function isSound(report: CampaignReport): boolean {
  return report.problems.length === 0 && violationsOf(report).length === 0;
}

/** What is wrong with the campaign itself: it proves nothing where nothing was tried. */
export function emptyClaims({ invariants, counts, faulty, answers }: CampaignReport): string[] {
  const share = faulty / Math.max(answers, 1);
  return [
    ...Object.entries(invariants)
      .filter(([, { cases }]) => cases === 0)
      .map(([name]) => `${name} was put to the test by no case`),
    ...counts
      .filter(({ count, atLeast }) => count < atLeast)
      .map(({ kind, count, atLeast }) => `"${kind}" happened ${count} times, not ${atLeast}`),
    ...(share < LEAST_FAULTY ? [`only ${percent(share)} of the platform's answers were faulty`] : []),
  ];
}

/** Tables for people. */
export function describeCampaign(report: CampaignReport): string {
  const { seed, requests, seconds, ended, parked, faulty, answers, counts, problems } = report;
  const widest = Math.max(...counts.map(({ kind }) => kind.length));
  return [
    `seed ${seed}: ${requests} requests in ${seconds} s, ${ended} ended, ${parked} wait for a person`,
    `${faulty} of ${answers} answers of the platform were faulty (${percent(faulty / Math.max(answers, 1))})`,
    '',
    describeReport(report.invariants),
    '',
    ...counts.map(
      ({ kind, count, atLeast }) => `${kind.padEnd(widest)}${String(count).padStart(7)} (at least ${atLeast})`,
    ),
    ...(problems.length === 0 ? [] : ['', ...problems]),
  ].join('\n');
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
