import ms from 'ms';
import { z } from 'zod';
import { toFieldProblems, wording, type Parsed } from './field-problem.ts';
import {
  MAX_CONFLICTS,
  MAX_SHIFT_MARGIN,
  MAX_TOGGLES,
  MIN_TOGGLE_GAP_MS,
  type DurationString,
  type Policy,
  type PolicyOverrides,
} from './policy.ts';

/** How strict a policy is judged. */
export interface PolicyOptions {
  /** A toggle's gap may be shorter than the platform needs: the base URL is a loopback one, so no person is behind it. */
  allowShortGap: boolean;
}

const MAX_DURATION = '365d';
/** An agent gets no contacts during the gap; nothing is known to need more than a few seconds. */
const MAX_TOGGLE_GAP = '30s';

/** Strict schema of policy overrides. */
export function policySchema({ allowShortGap }: PolicyOptions) {
  const shape = {
    conflictWait: duration(),
    conflictLimit: countUpTo(MAX_CONFLICTS),
    lockWait: duration(),
    lockLimit: duration(),
    toggleGap: duration(allowShortGap ? 0 : MIN_TOGGLE_GAP_MS, MAX_TOGGLE_GAP),
    toggleLimit: countUpTo(MAX_TOGGLES),
    verifyWindow: duration(),
    verifyInterval: duration(),
    propagationWindow: duration(),
    idleInterval: duration(),
    idleLimit: duration(),
    outageLimit: duration(),
    escalateAfter: duration(),
    requestTimeout: duration(),
    shiftMargin: duration(0, MAX_SHIFT_MARGIN),
    overstayAfter: duration(),
  } satisfies { [K in keyof Policy]: z.ZodType<Policy[K]> };
  return z
    .strictObject(shape, {
      error: (issue) =>
        issue.code === 'unrecognized_keys'
          ? `is no setting of the policy; there are ${Object.keys(shape).join(', ')}`
          : undefined,
    })
    .partial() satisfies z.ZodType<PolicyOverrides>;
}

/** Checks policy overrides; all problems together. */
export function parsePolicy(value: unknown, options: PolicyOptions): Parsed<'policy', PolicyOverrides> {
  const parsed = policySchema(options).safeParse(value, { error: wording });
  return parsed.success ? { ok: true, policy: parsed.data } : { ok: false, problems: toFieldProblems(parsed.error) };
}

/** A number with its unit. `ms` and Temporal also read a bare number, as milliseconds; nobody who writes 30 means that. */
function duration(minMs = 0, longest: DurationString = MAX_DURATION) {
  const least = minMs > 0 ? `at least ${ms(minMs)}` : 'more than 0';
  return z.custom<DurationString>(
    (value) => {
      if (typeof value !== 'string' || !/^\d+(?:\.\d+)? ?[a-z]+$/i.test(value) || value.length > 40) return false;
      const length = ms(value as DurationString) as number | undefined;
      return length !== undefined && length > 0 && length >= minMs && length <= ms(longest);
    },
    { error: `must be a duration such as "500ms", "30s" or "8h", ${least} and at most ${longest}` },
  );
}

function countUpTo(max: number) {
  const error = `must be a whole number from 1 to ${max}`;
  return z.int({ error }).min(1, { error }).max(max, { error });
}
