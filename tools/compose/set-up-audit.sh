#!/bin/sh
# The audit trail's users, each in its role. The roles are made by "audit migrate" before. May be run again.
set -eu

for role in writer sealer reader; do
  psql --quiet --set ON_ERROR_STOP=1 --set "user=$role" --set "password=$AUDIT_PASSWORD" --set "role=audit_$role" <<'SQL'
select format('create role %I login', :'user') where not exists (select from pg_roles where rolname = :'user') \gexec
alter role :"user" password :'password';
grant :"role" to :"user";
SQL
done
