import type { FaultRule } from './faults.ts';
import type { AgentSeed, SkillSeed, TenantSeed } from './model.ts';

/** All optional; without agents, skills or tenants the demonstration's are used. */
export interface SimulatorOptions {
  /** 127.0.0.1 */
  host?: string;
  /** 0: any free port. */
  port?: number;
  /**
   * 1 = the source's seconds; 0.01 makes 120 s into 1.2 s. Scales the toggle's 500 ms, the propagation, the lock and the
   * memory for idempotency keys; not the life of a token and the throttle's window.
   */
  timeScale?: number;
  /** Of everything that is drawn by lot. */
  seed?: number;
  /** No throttle for tenants that do not say otherwise. */
  premium?: boolean;
  /** Added to each call, real milliseconds. */
  latencyMs?: number;
  tenants?: readonly TenantSeed[];
  agents?: readonly AgentSeed[];
  /** Every tenant gets its own copy. */
  skills?: readonly SkillSeed[];
  faults?: readonly FaultRule[];
  /** Removing a skill (level 0) gives level 1 instead. */
  removalClamps?: boolean;
  /** False: a repeated idempotency key is a new request. */
  honoursIdempotencyKeys?: boolean;
  /** 3600, real seconds. */
  tokenLifetimeS?: number;
  /** How the JWT carries its scopes: a string by default. */
  scopeClaim?: 'string' | 'array';
  /** 500 agents in 60,000 real milliseconds. */
  throttle?: { agents: number; windowMs: number };
  /** The ledger is appended here as JSON lines. */
  ledgerFile?: string;
}
