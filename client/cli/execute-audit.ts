import { parseStoreConfig, type StoreConfig } from '../../audit/store-config.ts';
import { setVariables, type Environment } from '../../domain/environment.ts';
import type { Parsed } from '../../domain/field-problem.ts';
import type { CommandResult } from './documents.ts';
import type { Waiting } from './execute.ts';
import type { FlagValues } from './inputs.ts';

/** What the commands of the audit trail need to know beside their flags. */
export interface AuditCliConfig {
  store: StoreConfig;
  /** What `--tenant` or else `CXONE_TENANT_ID` says. */
  tenantId: string | undefined;
}

/** A command of the audit trail whose flags and environment have been checked. */
export interface AuditCommand {
  name: string;
  values: FlagValues;
  switches: ReadonlySet<string>;
  config: AuditCliConfig;
}

/** Reads the environment of these commands; all problems together. */
export function parseAuditCliConfig(env: Environment, tenant: string | undefined): Parsed<'config', AuditCliConfig> {
  const store = parseStoreConfig(env);
  if (!store.ok) return store;
  return { ok: true, config: { store: store.store, tenantId: tenant ?? setVariables(env)['CXONE_TENANT_ID'] } };
}

/** Carries a command of the audit trail out, each group of them with what only it needs. */
export async function executeAudit(command: AuditCommand, _waiting: Waiting): Promise<CommandResult> {
  const { executeAuditStore } = await import('./execute-audit-store.ts');
  return executeAuditStore(command);
}
