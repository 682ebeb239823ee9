import type { Logger } from '@temporalio/common';
import type { TemporalConfig } from '../domain/temporal-config.ts';
import type { Redactor } from '../domain/redactor.ts';

/** How a worker reaches Temporal, with an API key that may be replaced while it runs. */
export interface TemporalAccess {
  /** As configured, with the key that is in use. */
  temporal: TemporalConfig;
  /** Gives this connection each new key from now on; answers what ends that. */
  follow(connection: KeyHolder): () => void;
}

interface KeyHolder {
  setApiKey(key: string): Promise<void>;
}

/** A worker polls with its key all the time, so it has to hear of a new one before the old one goes. */
const LOOK_EVERY_MS = 2_000;

/** Every key is told to `redactor` before it is used. */
export function createTemporalAccess(temporal: TemporalConfig, redactor: Redactor, logger: Logger): TemporalAccess {
  const { apiKey } = temporal.connection;
  if (apiKey === undefined) return { temporal, follow: () => () => undefined };
  const read = (): string => {
    const key = typeof apiKey === 'function' ? apiKey() : apiKey;
    redactor.hide(key);
    return key;
  };
  let used = read();
  let seen = used;

  // Temporal's core gives up for good when a poll is refused. So no key is used that may be half-written: it has to be
  // there, unchanged, at two looks in a row.
  async function look(connection: KeyHolder): Promise<void> {
    const now = read();
    const isSettled = now === seen;
    seen = now;
    if (!isSettled || now === used) return;
    await connection.setApiKey(now);
    used = now;
    logger.info('the API key for Temporal was replaced');
  }

  return {
    temporal: { ...temporal, connection: { ...temporal.connection, apiKey: () => used } },
    follow(connection) {
      const timer = setInterval(() => {
        look(connection).catch((error: unknown) => {
          logger.warn('the API key for Temporal could not be replaced', { error });
        });
      }, LOOK_EVERY_MS);
      return () => clearInterval(timer);
    },
  };
}
