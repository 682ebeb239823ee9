/** Names of the metrics, as Prometheus shows them. Activities and workflows record theirs by the SDK's metric meter. */
export const METRICS = {
  /** Counter, by `status`: requests that ended. */
  outcomes: 'provision_outcomes_total',
  /** Counter: levels that were refused because they lie outside 1 to 5 or are no numbers. */
  refusedLevels: 'provision_refused_levels_total',
  /** Counter: 412s that were not the echo of our own lost write. */
  conflicts: 'provision_conflicts_total',
  /** Counter: times an agent was taken out of the queue. */
  toggles: 'provision_toggles_total',
  /** Histogram, in seconds: how long a toggle kept an agent out of the queue. */
  outOfQueue: 'provision_out_of_queue_seconds',
  /** Counter: tries to put an agent back that failed; the next follows within seconds. */
  putBacksFailed: 'provision_put_backs_failed_total',
  /** Counter, by `reason`: requests that began to wait for a person. */
  parked: 'provision_parked_total',
  /** Counter: agents who were taken out and could not be put back. */
  agentsNotRestored: 'provision_agents_not_restored_total',
  /** Counter, by `status`: temporary skills that ended. */
  temporaryEnded: 'provision_temporary_ended_total',
  /** Counter: temporary skills that could not be taken back in time. */
  temporaryOverstayed: 'provision_temporary_overstayed_total',
  /** Counter, by `where` (`directory`, `routing`): agents a check found to be other than their file says. */
  driftedAgents: 'provision_drifted_agents_total',
  /** Gauge: runs that wait for a person now. Every worker of a task queue shows the same number. */
  waitingForPerson: 'provision_waiting_for_person',
  /** Counter, by `reason`: payloads of Temporal that were not read: encrypted otherwise than here, altered, moved. */
  payloadsRefused: 'provision_payloads_refused_total',
  /** Gauge, by `feed`: 1 while a shift feed is stale. */
  staleShiftFeeds: 'provision_shift_feed_stale',
  /** Counter, by `feed`: looks that let the work go on although the feed was stale. */
  uncheckedShifts: 'provision_shift_unchecked_total',
} as const;

/** Upper bounds, in seconds, of {@link METRICS.outOfQueue}: the gap of 0.5 s is the least that can be. */
export const OUT_OF_QUEUE_BUCKETS = [0.5, 0.55, 0.6, 0.7, 0.8, 1, 1.5, 2, 5, 10, 30, 60, 300];

/** The metrics of the sealer of the audit trail, with what Prometheus shows as their help. */
export const SEALER_METRICS = {
  up: { name: 'audit_sealing', help: '1 while the latest round of the sealer succeeded.' },
  sealed: { name: 'audit_sealed_records_total', help: 'Records that this process has sealed.' },
  unsealed: { name: 'audit_unsealed_records', help: 'Records that are not sealed yet.' },
  unsealedAge: { name: 'audit_unsealed_age_seconds', help: 'Age of the oldest record that is not sealed yet.' },
  lastCheckpoint: {
    name: 'audit_last_checkpoint_timestamp_seconds',
    help: 'When the latest checkpoint was made, in seconds since 1970.',
  },
  openIntents: {
    name: 'audit_open_intents',
    help: 'Requests that announced a write 15 minutes ago or earlier, have no outcome, and wait for no person.',
  },
} as const;
