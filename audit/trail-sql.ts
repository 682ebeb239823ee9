import type { OpenQuery, TrailQuery } from './trail.ts';

/** A statement with its parameters. */
export interface Statement {
  text: string;
  values: string[];
}

/**
 * Each tenant that has records, found by an index and not by reading them all: the indexes begin with the tenant, so that
 * without one they serve only for a list of all.
 */
const ALL_TENANTS = `array(
  with recursive tenants (id) as (
    select min(tenant_id) from audit.records
    union all
    select (select min(tenant_id) from audit.records where tenant_id > tenants.id) from tenants where tenants.id is not null
  )
  select id from tenants where id is not null
)`;

/** What `AuditTrail.read` reads, and perhaps more: long values are compared by their beginning. */
export function selectRecords({ tenantId, agentId, skill, requestId, by, since, until }: TrailQuery): Statement {
  const { conditions, values, when } = createConditions();
  when(tenantId, (tenant) => `tenant_id = ${tenant}`);
  when(agentId, (agent) => `agent_id = ${cut(agent)}`);
  when(requestId, (request) => `request_id = ${cut(request)}`);
  when(
    by,
    (who) =>
      `(requested_by = ${cut(who)} or actor = ${cut(who)} or left(record #>> '{data,operator}', 200) = ${cut(who)})`,
  );
  when(skill, (one) => `(skill_ids @> array[${cut(one)}] or skill_names @> array[${cut(one)}])`);
  when(since, (time) => `time >= ${time}::timestamptz`);
  when(until, (time) => `time < ${time}::timestamptz`);
  if (tenantId === undefined && conditions.length > 0) conditions.push(`tenant_id = any (${ALL_TENANTS})`);
  const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
  return { text: `select record from audit.records ${where} order by time, sequence`, values };
}

/** What `AuditTrail.readOpen` reads. */
export function selectOpen({ tenantId, before, asOf }: OpenQuery): Statement {
  const { conditions, values, when } = createConditions();
  when(before, (time) => `open.time < ${time}::timestamptz`);
  when(tenantId, (tenant) => `open.tenant_id = ${tenant}`);
  when(
    asOf,
    (time) => `not exists (
      select from audit.records ended
        where ended.tenant_id = open.tenant_id and ended.agent_id = open.agent_id and ended.request_id = open.request_id
          and ended.stage = 'outcome' and ended.time >= open.time and ended.time < ${time}::timestamptz
    )`,
  );
  const begun = `(open.stage = 'intent' or (open.stage = 'event' and open.record #>> '{data,status}' = 'parked'))`;
  return {
    text: `select record from audit.records open where ${[begun, ...conditions].join(' and ')} order by time, sequence`,
    values,
  };
}

function createConditions() {
  const conditions: string[] = [];
  const values: string[] = [];
  return {
    conditions,
    values,
    when(this: void, value: string | undefined, toCondition: (parameter: string) => string): void {
      if (value === undefined) return;
      values.push(value);
      conditions.push(toCondition(`$${values.length}`));
    },
  };
}

/** As the columns are cut, so that any value fits an index. */
function cut(parameter: string): string {
  return `left(${parameter}, 200)`;
}
