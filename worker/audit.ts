import type { Logger } from '@temporalio/common';
import { AuditUnreachableError } from '../audit/errors.ts';
import { createJsonlSink } from '../audit/jsonl-sink.ts';
import type { PostgresAddress } from '../audit/postgres-address.ts';
import { createPostgresSink } from '../audit/postgres-sink.ts';
import type { AuditSink } from '../audit/sink.ts';
import type { StoreConfig } from '../audit/store-config.ts';
import type { Redactor } from '../domain/redactor.ts';
import { EXIT, StartError } from './start-error.ts';

/**
 * Opens the audit trail that the configuration names. Throws a `StartError` if it can't be written and that will not
 * change by itself. With a database that is away the worker starts, and no change is made until it is back.
 */
export async function openAuditSink(
  store: StoreConfig,
  { logger, redactor }: { logger: Logger; redactor: Redactor },
): Promise<AuditSink> {
  const sink =
    store.kind === 'file'
      ? createJsonlSink({ path: store.path, warn: (message) => void logger.warn(message) })
      : createPostgresSink({ address: hidingPassword(store.address, redactor) });
  try {
    await sink.check();
    return sink;
  } catch (error) {
    const message = error instanceof Error ? error.message : 'The audit trail can not be written.';
    if (error instanceof AuditUnreachableError) {
      logger.warn('no change is made until the audit trail can be written', { reason: message });
      return sink;
    }
    await sink.close();
    const variable = store.kind === 'file' ? 'AUDIT_FILE' : 'AUDIT_URL';
    throw new StartError(`${message} Check ${variable}.`, EXIT.configuration, { cause: error });
  }
}

function hidingPassword(address: PostgresAddress, redactor: Redactor): PostgresAddress {
  return {
    ...address,
    password() {
      const password = address.password();
      redactor.hide(password ?? '');
      return password;
    },
  };
}
