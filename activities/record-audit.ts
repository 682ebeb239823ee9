import { Context } from '@temporalio/activity';
import { AuditUnavailableError } from '../audit/errors.ts';
import { FAILURE } from '../domain/failure-types.ts';
import type { ProvisioningActivities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { failure, toFailure } from './failure.ts';

/** Appends records to the audit trail. */
export function createRecordAudit({ sink, host }: ActivityDeps): ProvisioningActivities['recordAudit'] {
  return async ({ records, again }) => {
    const { attempt } = Context.current().info;
    const stamped = records.map((record) => ({
      ...record,
      data: { ...record.data, origin: { ...record.data.origin, host } },
    }));
    try {
      // Only the very first try can be sure that nothing is there yet.
      await sink.append(stamped, { checkExisting: attempt > 1 || again });
    } catch (error) {
      if (error instanceof AuditUnavailableError) throw failure(FAILURE.auditUnavailable, error.message);
      throw toFailure(error);
    }
  };
}
