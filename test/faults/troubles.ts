import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '../../simulator/random.ts';
import type { FaultyNetwork } from '../support/faulty-network.ts';
import type { AuditUnderTest } from './audit-under-test.ts';
import { sizeOf, type CampaignOptions } from './options.ts';
import type { Tally } from './tally.ts';
import type { RestartableTemporal } from './temporal-under-test.ts';

interface Surroundings {
  server: RestartableTemporal;
  /** Between the workers and the server. */
  network: FaultyNetwork;
  /** All that have to follow the server when its address changes. */
  networks: readonly FaultyNetwork[];
  /** The database of the audit trail, if it has one. */
  audit: AuditUnderTest['server'];
  tally: Tally;
  options: CampaignOptions;
}

/** What happens between workers and Temporal, one trouble after another. */
export interface Troubles {
  begin(): void;
  /** Lets the one under way pass; nothing is cut or slow afterwards. */
  end(): Promise<void>;
}

const AUDIT_DOWN = "the audit trail's PostgreSQL stopped and restarted";
const RESTART = 'Temporal restarted';
const CUT = 'network cut';
const SLOW = 'network slow';
/** Between two troubles; a campaign of thousands has the time for longer ones. */
const LONGEST_PAUSE_MS = { small: 8_000, large: 60_000 };
const LONGEST_TROUBLE_MS = 3_000;
/** Of a slow network, one way. */
const LATE_MS = 80;

export function startTroubles({ server, network, networks, audit, tally, options }: Surroundings): Troubles {
  const random = seededRandom(options.seed, 'troubles');
  const over = new AbortController();
  let working = Promise.resolve();
  // Two restarts are the least of a campaign of thousands; a small one has one.
  const size = sizeOf(options);
  const restarts = size === 'large' ? 2 : 1;
  tally.expect(RESTART, restarts);
  for (const kind of [CUT, SLOW]) tally.expect(kind, 1);
  if (audit !== undefined) tally.expect(AUDIT_DOWN, restarts);

  const acts = {
    async [RESTART]() {
      await server.restart();
      for (const each of networks) each.leadTo(server.address);
    },
    async [AUDIT_DOWN]() {
      await audit?.halt();
      await delay(random() * LONGEST_TROUBLE_MS);
      await audit?.resume();
    },
    async [CUT]() {
      network.cut();
      await delay(random() * LONGEST_TROUBLE_MS);
    },
    async [SLOW]() {
      network.slow(LATE_MS);
      await delay(random() * LONGEST_TROUBLE_MS);
    },
  };

  async function work(): Promise<void> {
    const first = [SLOW, ...(audit === undefined ? [] : ([AUDIT_DOWN] as const)), RESTART, CUT] as const;
    // Each once in any case, however soon the requests are done.
    for (let count = 0; count < first.length || !over.signal.aborted; count += 1) {
      await delay(1_000 + random() * LONGEST_PAUSE_MS[size], undefined, {
        signal: over.signal,
      }).catch(() => undefined);
      const kind = first[count] ?? another();
      tally.add(kind);
      await acts[kind]();
      network.mend();
    }
  }

  function another(): keyof typeof acts {
    if (audit !== undefined && random() < 0.3) return AUDIT_DOWN;
    if (random() < 0.2) return RESTART;
    return random() < 0.5 ? CUT : SLOW;
  }

  return {
    begin: () => void (working = work()),
    async end() {
      over.abort();
      await working;
      network.mend();
    },
  };
}
