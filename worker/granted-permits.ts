import { randomUUID } from 'node:crypto';
import type { Turn } from '../activities/pace.ts';
import type { PermitGrant, SettledGrant } from '../workflows/tenant-pace.messages.ts';

type Permit = Extract<Turn, { kind: 'permit' }>;

/** What was got with one order, or may have been. */
interface Grant {
  readonly id: string;
  readonly sentAt: number;
  /** Permits that nobody has, and those in somebody's hands. */
  free: number;
  out: number;
  used: number;
  /** When the last write that used one was over. */
  lastAt: number;
  validUntil: number;
}

/** In an outage that lasts. What is not told counts as used, and no more after a minute. */
const MOST_UNTOLD = 500;

/** The permits of a process, and what became of those it had. Times are milliseconds of a clock that never goes back. */
export class GrantedPermits {
  private readonly name = randomUUID().slice(0, 8);
  private orders = 0;
  private held: Grant[] = [];
  private untold: SettledGrant[] = [];
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  /** An id for the next order. */
  nextId(): string {
    this.orders += 1;
    return `${this.name}.${this.orders}`;
  }

  receive(id: string, sentAt: number, { granted, validMs }: PermitGrant): void {
    if (granted === 0) return;
    this.held.push({ id, sentAt, free: granted, out: 0, used: 0, lastAt: sentAt, validUntil: sentAt + validMs });
  }

  /** The order was not answered. If it is carried out all the same, nobody here will know. */
  missed(id: string): void {
    this.untold.push({ id, used: 0, withinMs: 0 });
  }

  /** The permit that is good for the shortest time. */
  hand(): Permit | undefined {
    const now = this.now();
    const grant = this.held.find(({ free, validUntil }) => free > 0 && validUntil > now);
    if (grant === undefined) return undefined;
    grant.free -= 1;
    grant.out += 1;
    let wasUsed = false;
    let isOver = false;
    return {
      kind: 'permit',
      use: () => {
        if (isOver || this.now() >= grant.validUntil) return false;
        wasUsed = true;
        return true;
      },
      done: () => {
        if (isOver) return;
        isOver = true;
        grant.out -= 1;
        if (!wasUsed) return;
        grant.used += 1;
        grant.lastAt = this.now();
      },
    };
  }

  /** What is to be told with the next order; `untell` takes it back if the order gets no answer. */
  tell(): SettledGrant[] {
    const now = this.now();
    const isSettled = (grant: Grant): boolean => grant.out === 0 && (grant.free === 0 || grant.validUntil <= now);
    for (const { id, sentAt, used, lastAt } of this.held.filter(isSettled)) {
      this.untold.push({ id, used, withinMs: Math.ceil(lastAt - sentAt) });
    }
    this.held = this.held.filter((grant) => !isSettled(grant));
    const told = this.untold;
    this.untold = [];
    return told;
  }

  untell(told: readonly SettledGrant[]): void {
    this.untold = [...told, ...this.untold].slice(-MOST_UNTOLD);
  }
}
