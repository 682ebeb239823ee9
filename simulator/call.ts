import type { AgentRecord } from './agents.ts';
import type { Flag, LedgerEntry } from './ledger.ts';
import type { Tenant } from './tenant.ts';
import type { IssuedToken } from './token.ts';

/** An authenticated request on its way through a handler, which also fills in the ledger entry. */
export interface Call {
  entry: LedgerEntry;
  tenant: Tenant;
  token: IssuedToken;
  /** Parsed JSON; undefined if the body was none. */
  body: unknown;
}

/** A call about an agent that exists. */
export interface AgentCall extends Call {
  agent: AgentRecord;
}

export function flag(entry: LedgerEntry, name: Flag): void {
  entry.flags = [...new Set([...(entry.flags ?? []), name])];
}

export function mayEditAgents(token: IssuedToken): boolean {
  return token.scopes.includes('agents:edit');
}

/** Without it nothing refuses, but routing does not follow. */
export function refreshesRouting(token: IssuedToken): boolean {
  return token.scopes.includes('supervisor:control');
}
