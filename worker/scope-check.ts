import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@temporalio/common';
import type { CxoneClient } from '../cxone/client.ts';
import { ConfigurationError } from '../cxone/errors.ts';
import { EXIT, StartError } from './start-error.ts';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export interface ScopeCheck {
  /** Rejects with a {@link StartError} once a tenant's platform, out of reach before, has answered that it won't do. */
  refused: Promise<never>;
  /** Throws while a tenant has not been checked. */
  assertPassed(): void;
  stop(): void;
}

/**
 * Gets a token for every tenant and checks its scopes, before anything else is asked of the platform. Throws a
 * {@link StartError} that names what is missing. A tenant whose platform can't be reached is tried again beside the
 * work: no outage of one keeps the others waiting, and no request is sent without a token that was checked.
 */
export async function checkScopes(clients: ReadonlyMap<string, CxoneClient>, logger: Logger): Promise<ScopeCheck> {
  const unchecked = new Set(clients.keys());
  const stopped = new AbortController();

  async function check(tenantId: string, client: CxoneClient): Promise<void> {
    try {
      await client.checkScopes();
      unchecked.delete(tenantId);
    } catch (error) {
      if (error instanceof ConfigurationError) {
        throw new StartError(`Tenant ${tenantId}: ${error.message}`, EXIT.configuration, { cause: error });
      }
      logger.warn('the platform gave no token yet; its scopes are checked as soon as it does', { tenantId, error });
    }
  }

  async function checkAgain(tenantId: string, client: CxoneClient): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; unchecked.has(tenantId); pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      await delay(pauseMs, undefined, { signal: stopped.signal });
      await check(tenantId, client);
    }
  }

  const firstRound = await Promise.allSettled([...clients].map(([tenantId, client]) => check(tenantId, client)));
  const messages = firstRound.flatMap((result) =>
    result.status === 'rejected' && result.reason instanceof StartError ? [result.reason.message] : [],
  );
  if (messages.length > 0) throw new StartError(messages.join('\n'), EXIT.configuration);

  const refused = new Promise<never>((_, reject) => {
    for (const [tenantId, client] of clients) {
      checkAgain(tenantId, client).catch((error: unknown) => {
        if (!stopped.signal.aborted) reject(error instanceof Error ? error : new Error(String(error)));
      });
    }
  });
  refused.catch(() => undefined);
  return {
    refused,
    assertPassed() {
      if (unchecked.size > 0) throw new Error(`no token yet for ${[...unchecked].join(', ')}`);
    },
    stop: () => stopped.abort(),
  };
}
