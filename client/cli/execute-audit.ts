import { parseSealerConfig, type SealerConfig } from '../../audit/chain/sealer-config.ts';
import { parseRetention, type Retention } from '../../audit/retention.ts';
import { parseStoreConfig, type StoreConfig } from '../../audit/store-config.ts';
import { setVariables, type Environment } from '../../domain/environment.ts';
import type { Parsed } from '../../domain/field-problem.ts';
import { isChainCommand, needsRetention } from './audit-commands.ts';
import { isAuditReadCommand } from './audit-read-commands.ts';
import type { CommandResult } from './documents.ts';
import type { Waiting } from './execute.ts';
import type { FlagValues } from './inputs.ts';

/** What the commands of the audit trail need to know beside their flags. */
export interface AuditCliConfig {
  store: StoreConfig;
  /** What `--tenant` or else `CXONE_TENANT_ID` says. */
  tenantId: string | undefined;
  /** Only for the commands of the chain. */
  sealer?: SealerConfig;
  /** Only for `audit purge`, and `audit verify`, which judges what that has done. */
  retention?: Retention;
}

/** A command of the audit trail whose flags and environment have been checked. */
export interface AuditCommand {
  name: string;
  values: FlagValues;
  switches: ReadonlySet<string>;
  config: AuditCliConfig;
}

/** Reads the environment of one of these commands; all problems together. */
export function parseAuditCliConfig(
  name: string,
  env: Environment,
  tenant: string | undefined,
): Parsed<'config', AuditCliConfig> {
  const store = parseStoreConfig(env);
  const sealer = isChainCommand(name) ? parseSealerConfig(env) : undefined;
  const retention = needsRetention(name) ? parseRetention(env) : undefined;
  if (!store.ok || sealer?.ok === false || retention?.ok === false) {
    const problems = [store, sealer, retention].flatMap((parsed) => (parsed?.ok === false ? parsed.problems : []));
    return { ok: false, problems };
  }
  const config: AuditCliConfig = {
    store: store.store,
    tenantId: tenant ?? setVariables(env)['CXONE_TENANT_ID'],
    ...(sealer === undefined ? {} : { sealer: sealer.sealer }),
    ...(retention === undefined ? {} : { retention: retention.retention }),
  };
  return { ok: true, config };
}

/** Carries a command of the audit trail out, each group of them with what only it needs. */
export async function executeAudit(command: AuditCommand, waiting: Waiting): Promise<CommandResult> {
  if (isChainCommand(command.name)) {
    const { executeAuditChain } = await import('./execute-audit-chain.ts');
    return executeAuditChain(command, waiting);
  }
  if (isAuditReadCommand(command.name)) {
    const { executeAuditRead } = await import('./execute-audit-read.ts');
    return executeAuditRead(command, waiting);
  }
  const { executeAuditStore } = await import('./execute-audit-store.ts');
  return executeAuditStore(command);
}
