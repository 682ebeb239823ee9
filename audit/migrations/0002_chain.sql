-- The chain over the records of each tenant, how far it has come, and its signed checkpoints.

-- One link for each sealed record. docs/audit-chain.md says what is hashed. A link outlives its record's retention.
create table audit.chain (
  tenant_id text not null,
  position bigint not null check (position > 0),
  record_id text not null,
  record_time timestamptz not null,
  record_hash bytea not null check (octet_length(record_hash) = 32),
  previous bytea not null check (octet_length(previous) = 32),
  hash bytea not null check (octet_length(hash) = 32),
  sealed_at timestamptz not null default now(),
  primary key (tenant_id, position)
);

-- No record is sealed twice; and each is found in the chain.
create unique index chain_by_record on audit.chain (tenant_id, record_id, record_time);

-- What the sealer reads: the order of commit.
create index records_in_order on audit.records (xid, sequence);

-- The last record that the sealer has taken, in that order. One row. Transaction numbers mean nothing in another cluster,
-- so it says of which they are.
create table audit.sealed_until (
  is_the_only_row boolean primary key default true check (is_the_only_row),
  xid xid8 not null,
  sequence bigint not null,
  cluster text not null default (pg_control_system()).system_identifier::text
);
insert into audit.sealed_until (xid, sequence) values ('0', 0);

-- What the sealer has signed. The same lines lie in a second place, which is the one to trust.
create table audit.checkpoints (
  tenant_id text not null,
  position bigint not null,
  made_at timestamptz not null,
  checkpoint jsonb not null,
  primary key (tenant_id, position, made_at)
);

-- When the latest one was made: asked every second.
create index checkpoints_by_age on audit.checkpoints (made_at);

-- Nobody but the owner may change or remove what is sealed.
grant select, insert on audit.chain, audit.checkpoints to audit_sealer;
grant select, update on audit.sealed_until to audit_sealer;
grant select on audit.chain, audit.checkpoints, audit.sealed_until to audit_reader;
-- Verification compares the columns that are made from a record with what makes them.
grant execute on function audit.of_changes to audit_reader, audit_sealer;
