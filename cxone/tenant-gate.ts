/** Keeps a tenant from being sent anything while a `Retry-After` of its holds. One per tenant and process. */
interface TenantGate {
  /** Nothing goes out for so long from now; never shortens a longer wait. */
  closeFor(ms: number): void;
  /** Milliseconds until something may be sent again, rounded up; 0 = now. */
  remainingMs(): number;
}

/** `monotonicNow` counts milliseconds and never goes back. */
export function createTenantGate(monotonicNow: () => number): TenantGate {
  let closedUntil = -Infinity;
  return {
    closeFor(ms) {
      closedUntil = Math.max(closedUntil, monotonicNow() + ms);
    },
    remainingMs() {
      return Math.max(0, Math.ceil(closedUntil - monotonicNow()));
    },
  };
}
