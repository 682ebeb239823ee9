import { seededRandom } from './random.ts';
import type { LedgerEntry, Operation } from './ledger.ts';
import type { Disturbance } from './model.ts';

/** Before the request meets the state, or after it and before the answer. */
export type When = 'before' | 'after';

/** Bodies that no client should choke on. */
export type Garbage = 'html' | 'broken-json' | 'wrong-shape' | 'truncated' | 'too-large' | 'endless' | 'slow';

/** What a fault does to a request. Durations are real milliseconds, never scaled. */
export type FaultAction =
  /** The connection ends without an answer. */
  | { kind: 'drop'; when: When }
  | { kind: 'delay'; when: When; ms: number }
  /** Another answer than the platform's own. With `applied` the request is carried out nevertheless. */
  | {
      kind: 'answer';
      status: number;
      body?: unknown;
      headers?: Record<string, string>;
      /** Sent as `Retry-After`: seconds. */
      retryAfter?: number;
      /** Sent as `Retry-After`: an HTTP date so many milliseconds from now, rounded up to a second. */
      retryAfterDateMs?: number;
      applied?: boolean;
    }
  /** The platform's status with a body that is none. Without `applied` the status is 200 and nothing is carried out. */
  | { kind: 'garble'; as: Garbage; applied?: boolean }
  | { kind: 'redirect'; location: string; status?: number }
  /** Every token of the tenant stops being valid. */
  | { kind: 'revoke-token'; when: When }
  /** Waits for a promise. */
  | { kind: 'wait'; when: When; until: (entry: LedgerEntry) => Promise<void> }
  /** Runs a callback, for instance a third-party edit between a read and a write. */
  | { kind: 'call'; when: When; run: (entry: LedgerEntry) => void | Promise<void> }
  /** Routing misbehaves for the agent from now on. */
  | { kind: 'routing'; disturbance: Disturbance };

/** Which requests a rule is about. Every condition given must hold. */
export interface FaultMatch {
  on?: Operation | readonly Operation[];
  agentId?: string;
  tenantId?: string;
  /** Part of the User-Agent. */
  userAgent?: string;
  /** Counted over the requests that fit the conditions above, from 1. */
  nth?: number | readonly number[];
  /** From 0 to 1, drawn from the seed. */
  probability?: number;
  /** At most so often. */
  times?: number;
}

export interface FaultRule extends FaultMatch {
  /** Appears in the ledger; the kinds of its actions if not given. */
  name?: string;
  do: FaultAction | readonly FaultAction[];
}

interface ArmedRule {
  rule: FaultRule;
  name: string;
  actions: readonly FaultAction[];
  random: () => number;
  seen: number;
  fired: number;
}

/** The rules in force. All that fit a request take part, in the order in which they were added. */
export class Faults {
  readonly #seed: number;
  readonly #rules: ArmedRule[] = [];
  #added = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Answers a function that takes the rule away again. */
  add(rule: FaultRule): () => void {
    const actions = Array.isArray(rule.do) ? (rule.do as readonly FaultAction[]) : [rule.do as FaultAction];
    const armed: ArmedRule = {
      rule,
      actions,
      name: rule.name ?? actions.map(({ kind }) => kind).join('+'),
      random: seededRandom(this.#seed, `fault/${++this.#added}`),
      seen: 0,
      fired: 0,
    };
    this.#rules.push(armed);
    return () => {
      const index = this.#rules.indexOf(armed);
      if (index >= 0) this.#rules.splice(index, 1);
    };
  }

  clear(): void {
    this.#rules.length = 0;
  }

  /** The actions a request has to go through; the entry is marked with the names of their rules. */
  take(entry: LedgerEntry): FaultAction[] {
    const firing = this.#rules.filter((armed) => fires(armed, entry));
    if (firing.length > 0) entry.fault = firing.map(({ name }) => name).join(', ');
    return firing.flatMap(({ actions }) => actions);
  }
}

function fires(armed: ArmedRule, entry: LedgerEntry): boolean {
  const { rule } = armed;
  if (!fits(rule, entry)) return false;
  armed.seen += 1;
  if (rule.nth !== undefined && ![rule.nth].flat().includes(armed.seen)) return false;
  if (rule.times !== undefined && armed.fired >= rule.times) return false;
  if (rule.probability !== undefined && armed.random() >= rule.probability) return false;
  armed.fired += 1;
  return true;
}

function fits({ on, agentId, tenantId, userAgent }: FaultMatch, entry: LedgerEntry): boolean {
  if (on !== undefined && ![on].flat().includes(entry.operation)) return false;
  if (agentId !== undefined && agentId !== entry.agentId) return false;
  if (tenantId !== undefined && tenantId !== entry.tenantId) return false;
  return userAgent === undefined || entry.userAgent?.includes(userAgent) === true;
}
