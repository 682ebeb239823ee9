/** The types of failure an activity may end with. Workflows branch on these, operators see them in the history. */
export const FAILURE = {
  /** The agent is in a state in which skills must not be changed. Details: `[state]`. Retried at the idle interval. */
  notIdle: 'NotIdle',
  /** A shift boundary is too near. Details: `[its time]`. Retried when it is over, or sooner as schedules change. */
  shiftBoundary: 'ShiftBoundary',
  /** A shift feed is stale, and work is told to wait for it. Details: `[the feed's name]`. Retried. */
  shiftFeedStale: 'ShiftFeedStale',
  /** Routing does not show the wish yet. Details: `[routing]`, a `SkillLevel[]`. Retried at the verify interval. */
  notInStep: 'NotInStep',
  /** Timeout, reset, 429, 5xx or an answer in an unexpected shape. Retried. */
  platformUnavailable: 'PlatformUnavailable',
  /** A final answer. Details: `[RefusalDetails]`. Not retried. */
  platformRefused: 'PlatformRefused',
  /** The worker can't serve this: an unknown tenant, missing scopes, refused credentials. Not retried. */
  configuration: 'ConfigurationError',
  /** The agent could not be put back yet. Retried without limit. */
  agentOut: 'AgentOut',
  /** This attempt was stopped for so long that another may be at work; it sent nothing more. Retried. */
  superseded: 'Superseded',
  /** Made by the codec: the worker could not read what it was sent, so that the activity never ran. Retried. */
  payloadRefused: 'PayloadRefusedError',
  /** Something in an activity that should not happen. Retried. */
  defect: 'Defect',
  /** The audit sink can't write now. Retried without limit. */
  auditUnavailable: 'AuditUnavailable',
  /** The audit sink can never accept this record. Not retried. */
  auditUnrecordable: 'AuditUnrecordable',
  /** A request could not be handed to its agent's run now. Retried without limit. */
  notHandedOver: 'NotHandedOver',
  /** The workflow or one of its messages was given something it can't use. */
  invalidInput: 'InvalidInput',
  /** A `requestId` came back with other content. */
  requestIdReused: 'RequestIdReused',
  /** A person's order or a cancellation that applies to nothing. Details: `[candidates]`. */
  notApplicable: 'NotApplicable',
  /** The agent's run holds as much as one run can. */
  queueFull: 'QueueFull',
} as const;

/** First detail of a {@link FAILURE.platformRefused}. */
export interface RefusalDetails {
  /** HTTP status. */
  status: number;
  /** The platform's error code, if its body had a plausible one. */
  code?: string;
}
