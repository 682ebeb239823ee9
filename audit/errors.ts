/** The trail can't be written now: no such directory, no permission, no space, a closed sink. Trying again makes sense. */
export class AuditUnavailableError extends Error {
  override readonly name: string = 'AuditUnavailableError';
}

/** The same, and it may end by itself: the database does not answer, is full or only reads for the time being. */
export class AuditUnreachableError extends AuditUnavailableError {}

/** These records can never be written: not of the shape of a record, or too large. Nothing of the call was written. */
export class AuditUnrecordableError extends Error {
  override readonly name = 'AuditUnrecordableError';
  /** Ids of the records at fault, where they have one. */
  readonly recordIds: string[];

  constructor(message: string, recordIds: string[]) {
    super(message);
    this.recordIds = recordIds;
  }
}

/** The trail can't be read: no such file or database, no permission, or it changed on the way. */
export class AuditUnreadableError extends Error {
  override readonly name = 'AuditUnreadableError';
  readonly code = 'audit-unreadable';
  readonly details = undefined;
}
