import { Context } from '@temporalio/activity';
import { AuditUnavailableError } from '../audit/errors.ts';
import { toRecordable } from '../audit/recordable.ts';
import type { AuditRecord } from '../domain/audit-record.ts';
import { FAILURE } from '../domain/failure-types.ts';
import type { ProvisioningActivities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { failure, toFailure } from './failure.ts';

/** Appends records to the audit trail. */
export function createRecordAudit({ sink, host }: ActivityDeps): ProvisioningActivities['recordAudit'] {
  return async ({ records, again }) => {
    const { attempt } = Context.current().info;
    const stamped = records.map((record) => toRecordable(stamp(record, host)));
    try {
      // Only the very first try can be sure that nothing is there yet.
      await sink.append(stamped, { checkExisting: attempt > 1 || again });
    } catch (error) {
      if (error instanceof AuditUnavailableError) throw failure(FAILURE.auditUnavailable, error.message);
      throw toFailure(error);
    }
  };
}

/** Only now it is known which host writes. */
function stamp({ data, ...envelope }: AuditRecord, host: string): AuditRecord {
  if ('instance' in data.origin) return { ...envelope, data };
  return { ...envelope, data: { ...data, origin: { ...data.origin, host } } };
}
