import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@temporalio/common';
import { AuditUnavailableError } from '../audit/errors.ts';
import { toRecordable } from '../audit/recordable.ts';
import type { AuditSink } from '../audit/sink.ts';
import type { ConfigurationError } from '../cxone/errors.ts';
import { auditRecord, type AuditRecord, type OtherAuditData } from '../domain/audit-record.ts';
import type { Instance } from './instance.ts';

const RETRY_MS = 10_000;

interface LoginEventsOptions {
  sink: AuditSink;
  instance: Pick<Instance, 'host' | 'id'>;
  logger: Logger;
  /** Until a record that could not be written is tried again. */
  retryMs?: number;
}

/** Puts logins that a tenant's platform refused, and tokens that lack scopes, into the audit trail. */
export interface LoginEvents {
  /** To be told how each login at a tenant's platform ended. A refusal that goes on is one event until a login succeeds. */
  listener(tenantId: string): (refusal: ConfigurationError | undefined) => void;
  /** Resolves when everything has been written; what can't be written now is given up and logged. */
  close(): Promise<void>;
}

export function createLoginEvents({ sink, instance, logger, retryMs = RETRY_MS }: LoginEventsOptions): LoginEvents {
  const writing = new Set<Promise<void>>();
  const closed = new AbortController();
  let count = 0;

  async function write(record: AuditRecord): Promise<void> {
    for (let again = false; ; again = true) {
      try {
        await sink.append([record], { checkExisting: again });
        return;
      } catch (error) {
        const { id } = record;
        if (!(error instanceof AuditUnavailableError) || closed.signal.aborted) {
          logger.error('a refused login could not be put into the audit trail', { id, error });
          return;
        }
        logger.warn('a refused login is not in the audit trail yet', { id, error });
      }
      await delay(retryMs, undefined, { signal: closed.signal }).catch(() => undefined);
    }
  }

  return {
    listener(tenantId) {
      let told: string | undefined;
      return (refusal) => {
        const isNews = refusal !== undefined && refusal.message !== told;
        told = refusal?.message;
        if (!isNews) return;
        count += 1;
        const work = write(toRecord(tenantId, instance, refusal, count)).finally(() => writing.delete(work));
        writing.add(work);
      };
    },
    async close() {
      closed.abort();
      await Promise.all(writing);
    },
  };
}

function toRecord(
  tenantId: string,
  { host, id }: Pick<Instance, 'host' | 'id'>,
  { message, missingScopes }: ConfigurationError,
  count: number,
): AuditRecord {
  const status = missingScopes.length > 0 ? 'scope-missing' : 'login-failed';
  const record = auditRecord<OtherAuditData>(
    `${tenantId}/worker/${id}/${status}/${count}`,
    tenantId,
    new Date().toISOString(),
    {
      stage: 'event',
      outcome: 'failure',
      status,
      actor: id,
      tenantId,
      problem: { code: status, message },
      origin: { host, instance: id },
    },
  );
  return toRecordable(record);
}
