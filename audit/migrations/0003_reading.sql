-- By operator: who ordered something also stands in the outcome of the request that it was about.
create index records_by_operator on audit.records (tenant_id, left(record #>> '{data,operator}', 200), time)
  where record #>> '{data,operator}' is not null;
