import type { StringValue } from 'ms';

/** A duration as Temporal and `ms` write it: `"500ms"`, `"30s"`, `"8h"`. */
export type DurationString = StringValue;

/** Every number the provisioning follows. Overridable for the worker and for one request. */
export interface Policy {
  /** Wait after a 412 before reading and writing again. */
  conflictWait: DurationString;
  /** So many 412 in a row, and a person has to look. At most 5. */
  conflictLimit: number;
  /** Wait between two tries while workforce management holds its lock on the agent. */
  lockWait: DurationString;
  /** So long after the first refusal by the lock, a person has to look. */
  lockLimit: DurationString;
  /** How long an agent stays NOTAVAILABLE in a toggle. The platform needs 500 ms. */
  toggleGap: DurationString;
  /** Toggles per change. At most 3. */
  toggleLimit: number;
  /** How long routing has, after a toggle, to show the change. */
  verifyWindow: DurationString;
  verifyInterval: DurationString;
  /** How long routing has, after the PATCH, to follow the directory by itself. */
  propagationWindow: DurationString;
  /** Between two looks at an agent who is busy. */
  idleInterval: DurationString;
  idleLimit: DurationString;
  /** How long the platform may be out of reach before a person has to look. */
  outageLimit: DurationString;
  /** A case that waits for a person so long is marked escalated. */
  escalateAfter: DurationString;
  /** The time one HTTP request to the platform may take. */
  requestTimeout: DurationString;
  /** So long before and after a shift boundary no transition starts. At most an hour. */
  shiftMargin: DurationString;
  /** A temporary skill that is not taken back so long after its end has overstayed. */
  overstayAfter: DurationString;
}

/** What a request or a worker's configuration may set; the rest keeps its default. */
export type PolicyOverrides = { [K in keyof Policy]?: Policy[K] | undefined };

/** The source's numbers, and ours where it has none (docs/platform.md). */
export const DEFAULT_POLICY: Policy = Object.freeze({
  conflictWait: '30s',
  conflictLimit: 5,
  lockWait: '30s',
  lockLimit: '150s',
  toggleGap: '500ms',
  toggleLimit: 3,
  verifyWindow: '10s',
  verifyInterval: '1s',
  propagationWindow: '60s',
  idleInterval: '5s',
  idleLimit: '8h',
  outageLimit: '30m',
  escalateAfter: '24h',
  requestTimeout: '10s',
  // The lock's 120 s, and `propagationWindow`: what the longest way without a fault takes.
  shiftMargin: '180s',
  overstayAfter: '2m',
});

/** Limits that protect people; no policy goes beyond them. */
export const MAX_TOGGLES = 3;
export const MAX_CONFLICTS = 5;
/** Less than this between the two calls of a toggle, and routing rolls back to the previous skill set. */
export const MIN_TOGGLE_GAP_MS = 500;
/** Shifts are expanded a day ahead; a longer margin would leave no time to work in. */
export const MAX_SHIFT_MARGIN = '1h';
