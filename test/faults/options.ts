import { parseArgs } from 'node:util';
import { AUDIT_KINDS, type AuditKind } from './audit-under-test.ts';
import { SERVER_KINDS, type ServerKind } from './temporal-under-test.ts';

/** What a fault campaign is told. */
export interface CampaignOptions {
  requests: number;
  /** Everything that is drawn by lot comes from it; what the machine makes of it differs from run to run. */
  seed: number;
  agents: number;
  workers: number;
  /** Requests that are on their way at once. */
  inFlight: number;
  /** Each write needs a permit of the tenant's pace, which is one run more that dies with its worker. */
  paced?: boolean;
  /** Where the audit trail is; by default in a file. PostgreSQL is stopped and started again on the way. */
  audit?: AuditKind;
  /** Which Temporal server; by default `embedded`. */
  server?: ServerKind;
  /** A name of `BROKEN_BUILDS`: the campaign runs with that build and has to notice. */
  broken?: string;
  /** Where evidence goes if something is wrong. */
  evidence: string;
}

/** The command that draws the same lots again. */
export function commandOf(options: CampaignOptions): string {
  const { requests, seed, agents, workers, inFlight, paced = false, audit = 'file', server = 'embedded' } = options;
  const sizes = `--requests ${requests} --seed ${seed} --agents ${agents} --workers ${workers} --in-flight ${inFlight}`;
  return `npm run faults -- ${sizes} --audit ${audit} --server ${server}${paced ? ' --paced' : ''}`;
}

/** Requests from which on a campaign is a large one. */
const LARGE = 1_000;

export function sizeOf({ requests }: CampaignOptions): 'small' | 'large' {
  return requests >= LARGE ? 'large' : 'small';
}

export const HELP = `npm run faults -- [options]

Sends requests through real worker processes, a real Temporal server and the simulator while everything fails that can
fail, then holds what the simulator saw against the invariants. Exit code 0: all hold and each was put to the test.

  --requests N   requests to send (default 150)
  --seed S       what is drawn by lot (default 1)
  --agents M     agents they are for (default a third of the requests)
  --workers W    worker processes (default 3)
  --in-flight C  requests on their way at once (default 150)
  --paced        with the tenant's pace, which makes it some times as long
  --audit KIND   where the audit trail is: file (default), or postgres, which is stopped and restarted on the way
  --server KIND  which Temporal server: embedded (default), or postgresql, as it runs in production
  --broken NAME  run with a build that is broken on purpose; exit code 0 if that is noticed
  --broken all   each of them, one after another
`;

/** Throws a TypeError that says what is wrong with the arguments. */
export function parseOptions(argv: readonly string[]): CampaignOptions | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      requests: { type: 'string', default: '150' },
      seed: { type: 'string', default: '1' },
      agents: { type: 'string' },
      workers: { type: 'string', default: '3' },
      'in-flight': { type: 'string', default: '150' },
      paced: { type: 'boolean', default: false },
      audit: { type: 'string', default: 'file' },
      server: { type: 'string', default: 'embedded' },
      broken: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const requests = count('--requests', values.requests);
  const seed = count('--seed', values.seed);
  return {
    requests,
    seed,
    agents: values.agents === undefined ? Math.ceil(requests / 3) : count('--agents', values.agents),
    workers: count('--workers', values.workers),
    inFlight: count('--in-flight', values['in-flight']),
    paced: values.paced,
    audit: kindOf('--audit', AUDIT_KINDS, values.audit),
    server: kindOf('--server', SERVER_KINDS, values.server),
    evidence: `test-evidence/faults-${seed}${values.broken === undefined ? '' : `-${values.broken}`}`,
    ...(values.broken === undefined ? {} : { broken: values.broken }),
  };
}

function kindOf<K extends string>(flag: string, kinds: readonly K[], text: string): K {
  const kind = kinds.find((name) => name === text);
  if (kind === undefined) throw new TypeError(`${flag} must be ${kinds.join(' or ')}, not ${text}`);
  return kind;
}

function count(flag: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new TypeError(`${flag} must be a whole number above 0, not ${text}`);
}
