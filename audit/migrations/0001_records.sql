-- The records of the audit trail, the roles that may use them, and what keeps the months apart.

revoke all on schema audit from public;

-- Roles belong to the whole cluster: another database of it may have made them, perhaps at this moment.
do $$
declare
  name text;
begin
  foreach name in array array['audit_writer', 'audit_sealer', 'audit_reader'] loop
    if not exists (select from pg_roles where rolname = name) then
      begin
        execute format('create role %I nologin', name);
      exception
        when duplicate_object or unique_violation then null;
      end;
    end if;
  end loop;
end
$$;

-- The record's own time; null unless it is as every record has it: all of it, in UTC, so that no setting of the session
-- changes what this says, and of the years and digits that the sealer can write down again.
create function audit.time_of(record jsonb) returns timestamptz
  language sql immutable strict parallel safe
  return case
    when record ->> 'time' ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$' then (record ->> 'time')::timestamptz
  end;

-- What the changes of a record hold in a field, each once, cut so that any value fits an index.
create function audit.of_changes(record jsonb, field text) returns text[]
  language sql immutable strict parallel safe
  return array(
    select distinct left(change.value ->> field, 200)
      from jsonb_array_elements(
        case jsonb_typeof(record #> '{data,changes}') when 'array' then record #> '{data,changes}' else '[]' end
      ) as change
      where change.value ->> field is not null
      order by 1
  );

create sequence audit.records_sequence as bigint;

create table audit.records (
  tenant_id text not null,
  id text not null,
  -- Fixed in the workflow and a part of the key: an append that is repeated next month is the same event.
  time timestamptz not null,
  sequence bigint not null default nextval('audit.records_sequence'),
  -- Of the transaction that inserted it. What is older than every open transaction can't get company any more.
  xid xid8 not null default pg_current_xact_id(),
  record jsonb not null,
  -- Cut, so that any value fits an index.
  agent_id text generated always as (left(record #>> '{data,agentId}', 200)) stored,
  request_id text generated always as (left(record #>> '{data,requestId}', 200)) stored,
  requested_by text generated always as (left(record #>> '{data,requestedBy}', 200)) stored,
  actor text generated always as (left(record #>> '{data,actor}', 200)) stored,
  stage text generated always as (left(record #>> '{data,stage}', 200)) stored,
  type text generated always as (left(record ->> 'type', 200)) stored,
  skill_ids text[] generated always as (audit.of_changes(record, 'skillId')) stored,
  skill_names text[] generated always as (audit.of_changes(record, 'name')) stored,
  primary key (tenant_id, id, time),
  constraint key_of_record check (
    coalesce(record ->> 'id' = id, false)
    and coalesce(record #>> '{data,tenantId}' = tenant_id, false)
    and coalesce(audit.time_of(record) = time, false)
  ),
  -- No checkpoint can name a tenant without a name.
  constraint tenant_of_record check (tenant_id <> ''),
  -- Records of ours are of 262,144 bytes at most, of which numbers such as 1e308 make twelve times as much here. What is
  -- larger, or can't be written out, would keep the sealer from all records.
  constraint size_of_record check (octet_length(record::text) < 4000000)
) partition by range (time);

create index records_by_agent on audit.records (tenant_id, agent_id, time);
create index records_by_request on audit.records (tenant_id, request_id, time);
create index records_by_requester on audit.records (tenant_id, requested_by, time);
create index records_by_actor on audit.records (tenant_id, actor, time);
create index records_by_time on audit.records (tenant_id, time);
create index records_by_skill_id on audit.records using gin (skill_ids);
create index records_by_skill_name on audit.records using gin (skill_names);

-- No record is refused for its date. What gets here moves to its month when that gets a partition, or stays.
create table audit.records_default partition of audit.records default;

create function audit.partition_of(month timestamptz) returns text
  language sql immutable strict parallel safe
  return to_char(month at time zone 'UTC', '"records_y"FMYYYY"m"MM');

-- The months that should have a partition and have none: this one, so many after it, and those of the last year of which
-- there are records in the default partition. No others: records may be of any month, and each partition costs every query.
create function audit.missing_months(months_ahead integer) returns setof timestamptz
  language sql stable
  as $$
    select month
      from generate_series(-12, months_ahead) as ahead
     cross join lateral (
       select (date_trunc('month', now() at time zone 'UTC') + make_interval(months => ahead)) at time zone 'UTC',
              (date_trunc('month', now() at time zone 'UTC') + make_interval(months => ahead + 1)) at time zone 'UTC'
     ) as of_month (month, month_after)
     where to_regclass(format('audit.%I', audit.partition_of(month))) is null
       and (ahead >= 0 or exists (select from audit.records_default where time >= month and time < month_after))
     order by month
  $$;

-- Makes the partitions of the months that miss one, and moves there what the default partition has of them. Returns their
-- names. Whoever writes a record of no partition waits meanwhile, and behind this function while it waits: not for long.
create function audit.create_partitions(months_ahead integer) returns setof text
  language plpgsql
  set lock_timeout = '3s'
  as $$
declare
  month timestamptz;
  partition text;
begin
  if not exists (select from audit.missing_months(months_ahead)) then
    return;
  end if;
  -- Nothing may get into the default partition while what is there moves. Also keeps two of these calls apart.
  lock table audit.records_default in access exclusive mode;
  for month in select * from audit.missing_months(months_ahead) loop
    partition := audit.partition_of(month);
    execute format('create table audit.%I (like audit.records including all)', partition);
    execute format(
      'with moved as (
         delete from audit.records_default where date_trunc(''month'', time, ''UTC'') = $1 returning *
       )
       insert into audit.%I (tenant_id, id, time, sequence, xid, record)
       select tenant_id, id, time, sequence, xid, record from moved',
      partition
    ) using month;
    execute format(
      'alter table audit.records attach partition audit.%I for values from (%L) to (%L)',
      partition, month, (month at time zone 'UTC' + interval '1 month') at time zone 'UTC'
    );
    return next partition;
  end loop;
end
$$;

-- Of the given records the ids of those that are there with other content. All that a writer learns of the table: whether what it
-- holds itself is there. The host is that of the worker that wrote, which a repeated append need not share.
create function audit.recorded_otherwise(records jsonb) returns setof text
  language sql stable security definer
  set search_path = pg_catalog, pg_temp
  as $$
    select given.record ->> 'id'
      from jsonb_array_elements(records) as given (record)
      join audit.records as kept
        on kept.tenant_id = given.record #>> '{data,tenantId}'
        and kept.id = given.record ->> 'id'
        and kept.time = audit.time_of(given.record)
      where kept.record #- '{data,origin,host}' is distinct from given.record #- '{data,origin,host}'
  $$;

-- What retention has removed: of this tenant every record with a time before `before`, so many of them since the last
-- purge. The positions and the hash are those of the chain: the first and last removed, and the chain's hash at the last.
create table audit.purged (
  tenant_id text not null,
  before timestamptz not null,
  records bigint not null,
  first_position bigint,
  last_position bigint,
  last_hash text,
  purged_at timestamptz not null default now(),
  purged_by text not null default session_user,
  primary key (tenant_id, before)
);

revoke all on all functions in schema audit from public;
grant usage on schema audit to audit_writer, audit_sealer, audit_reader;
-- By column: sequence and transaction are the database's to say.
grant insert (tenant_id, id, time, record) on audit.records to audit_writer;
grant usage on sequence audit.records_sequence to audit_writer;
grant execute on function audit.time_of, audit.of_changes, audit.recorded_otherwise to audit_writer;
grant select on audit.records, audit.purged to audit_sealer, audit_reader;
