import type { AuditRecord } from '../../domain/audit-record.ts';

/** The version of the Open Cybersecurity Schema Framework that the events follow. */
export const OCSF_VERSION = '1.8.0';

const IAM = { category_uid: 3, category_name: 'Identity & Access Management' };
const ENTITY_MANAGEMENT = { uid: 3004, name: 'Entity Management', activity: 3, activityName: 'Update' };
const AUTHENTICATION = { uid: 3002, name: 'Authentication', activity: 1, activityName: 'Logon' };

/** Informational, low, medium. */
const SEVERITIES = { 1: 'Informational', 2: 'Low', 3: 'Medium' } as const;

/** Events of a worker about its own access to the platform. */
const OF_ACCESS = ['login-failed', 'scope-missing'];

/**
 * A record as an OCSF event: Entity Management (3004), activity Update, of the agent; or Authentication (3002) for what
 * concerns a worker's own access to the platform. What has no place there is under `unmapped`, by our names.
 */
export function toOcsf(record: AuditRecord): Record<string, unknown> {
  const { data } = record;
  const isAccess = OF_ACCESS.includes(data.status ?? '');
  const kind = isAccess ? AUTHENTICATION : ENTITY_MANAGEMENT;
  const severity = severityOf(record);
  return {
    ...IAM,
    class_uid: kind.uid,
    class_name: kind.name,
    activity_id: kind.activity,
    activity_name: kind.activityName,
    type_uid: kind.uid * 100 + kind.activity,
    type_name: `${kind.name}: ${kind.activityName}`,
    severity_id: severity,
    severity: SEVERITIES[severity],
    time: Date.parse(record.time),
    ...statusOf(record),
    message: messageOf(record),
    metadata: {
      version: OCSF_VERSION,
      uid: record.id,
      original_event_uid: record.id,
      original_time: record.time,
      event_code: record.type,
      tenant_uid: data.tenantId,
      ...(data.requestId === undefined ? {} : { correlation_uid: data.requestId }),
      log_name: 'audit trail',
      product: { name: 'skill-provisioner', vendor_name: 'skill-provisioner', feature: { name: 'audit trail' } },
    },
    actor: { user: { name: data.actor }, app_name: 'skill-provisioner' },
    ...(data.origin.host === undefined ? {} : { src_endpoint: { name: data.origin.host } }),
    ...(isAccess ? accessOf(record) : agentOf(record)),
    unmapped: unmapped(record),
  };
}

/** Successful changes and announcements inform, what went wrong is low, an access that failed is medium. */
function severityOf({ data }: AuditRecord): 1 | 2 | 3 {
  if (OF_ACCESS.includes(data.status ?? '')) return 3;
  return data.outcome === 'failure' || data.status === 'parked' ? 2 : 1;
}

/** OCSF knows success and failure; `noop` is neither, so it stays itself under "other". */
function statusOf({ data }: AuditRecord): Record<string, unknown> {
  const [status_id, status] = {
    success: [1, 'Success'] as const,
    failure: [2, 'Failure'] as const,
    noop: [99, 'noop'] as const,
    unknown: [0, 'Unknown'] as const,
  }[data.outcome];
  const code = data.problem?.code ?? data.status;
  return {
    status_id,
    status,
    ...(code === undefined ? {} : { status_code: code }),
    ...(data.problem === undefined ? {} : { status_detail: data.problem.message }),
  };
}

function messageOf({ subject, data }: AuditRecord): string {
  return `${data.status ?? data.stage}: ${subject}, by ${data.actor}`;
}

/** The agent before and after. An intent says what is intended, which OCSF calls the result of an unknown status. */
function agentOf({ subject, data }: AuditRecord): Record<string, unknown> {
  const entity = { type_id: 99, type: 'Agent', uid: data.agentId ?? subject };
  return {
    entity: data.before === undefined ? entity : { ...entity, data: { skills: data.before } },
    ...(data.after === undefined ? {} : { entity_result: { ...entity, data: { skills: data.after } } }),
    ...(data.reason === undefined && data.note === undefined ? {} : { comment: data.note ?? data.reason }),
  };
}

/** The account that the platform did not let in: the tenant's API client. */
function accessOf({ data }: AuditRecord): Record<string, unknown> {
  return {
    user: { name: `API client of ${data.tenantId}`, type_id: 4, type: 'Service' },
    service: { name: 'contact-centre platform' },
    is_remote: true,
  };
}

function unmapped({ source, data }: AuditRecord): Record<string, unknown> {
  const { stage, requestedBy, operator, ticket, changes, closes, origin, reason } = data;
  const fields = { source, stage, requestedBy, reason, operator, ticket, changes, closes, origin };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
