import { Context } from '@temporalio/activity';
import { ConfigurationError, PlatformRefusedError } from '../cxone/errors.ts';
import type { PatchAnswer, ProvisioningActivities } from './contract.ts';
import { requirePlatform, type ActivityDeps } from './deps.ts';
import { failure } from './failure.ts';
import { turnDone, type Turn } from './pace.ts';
import { FAILURE } from '../domain/failure-types.ts';

/** Longer waits for a turn are the workflow's: what was read for the PATCH gets old, and here it takes a worker's place. */
const LONGEST_WAIT_MS = 2_000;

/** The tenant's pace does not let the PATCH out now. */
class SentAwayError extends Error {
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super();
    this.retryAfterMs = retryAfterMs;
  }
}

/** Sends one PATCH, once. Every answer is a value: reading, waiting and repeating are the workflow's decisions. */
export function createPatchSkills(deps: ActivityDeps): ProvisioningActivities['patchSkills'] {
  return async (command) => {
    const startedAt = performance.now();
    const { info, cancellationSignal: signal } = Context.current();
    const { startToCloseTimeoutMs } = info;
    const pace = deps.paceFor(command.tenantId);
    let turn: Turn | undefined;
    let wasSent = false;
    try {
      const { skills, etag } = await requirePlatform(deps, command.tenantId).patchAgentSkills(
        command.agentId,
        command,
        {
          timeoutMs: command.requestTimeoutMs,
          signal,
          async whenReady() {
            // The turn before went with a request that got a 401.
            turnDone(turn);
            const waitMs = Math.min(LONGEST_WAIT_MS, startToCloseTimeoutMs / 4);
            // Both end before the half of the time after which nothing is sent.
            turn = await pace.take(waitMs, signal, startToCloseTimeoutMs / 8);
            if (turn.kind === 'sent-away') throw new SentAwayError(turn.retryAfterMs);
          },
          beforeSend() {
            // The workflow counts a PATCH as lost when its time is over; one that was stopped so long must not go out.
            if (performance.now() - startedAt > startToCloseTimeoutMs / 2) {
              throw failure(FAILURE.superseded, 'stopped for too long before the PATCH could be sent');
            }
            if (turn?.kind !== 'permit' || !turn.use()) throw new SentAwayError(0);
            wasSent = true;
          },
        },
      );
      const inventory = skills.map(({ skillId, level }) => ({ skillId, level }));
      return { kind: 'answered', skills: inventory, ...(etag === undefined ? {} : { etag }) };
    } catch (error) {
      return toAnswer(error, wasSent);
    } finally {
      turnDone(turn);
    }
  };
}

function toAnswer(error: unknown, wasSent: boolean): PatchAnswer {
  if (error instanceof SentAwayError) {
    return { kind: 'rate-limited', retryAfterMs: error.retryAfterMs, unsent: true, paced: true };
  }
  if (error instanceof ConfigurationError) return { kind: 'refused', status: 0, code: 'worker-configuration' };
  if (!(error instanceof PlatformRefusedError)) return { kind: 'lost' };
  const { status, code, retryAfterMs } = error;
  const named = code === undefined ? {} : { code };
  if (status === 429) {
    const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
    return { kind: 'rate-limited', ...wait, ...(wasSent ? {} : { unsent: true }) };
  }
  if (status === 408 || status >= 500) return { kind: 'lost' };
  if (status === 412) return { kind: 'stale' };
  // 422 is the lock's as well as a wrong request's status; where the body does not say, a bounded wait does no harm.
  const wrong = status === 400 || (status === 422 && code === 'validation_failed');
  if (wrong) return { kind: 'invalid', status, ...named };
  if (status === 409 || status === 422) return { kind: 'locked', status };
  return { kind: 'refused', status, ...named };
}
