/** Exit codes of a worker, the same as those of the command line where they mean the same. */
export const EXIT = { stopped: 0, failed: 1, configuration: 2, temporalUnreachable: 6 } as const;

/** Why a worker can't start, in words for the person who started it. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly exitCode: number;

  constructor(message: string, exitCode: number, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
