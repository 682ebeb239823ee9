import { z } from 'zod';
import { AUDIT_VARIABLES, parseStoreConfig, type StoreConfig } from '../audit/store-config.ts';
import type { Endpoint } from '../domain/endpoint.ts';
import {
  booleanVariable,
  durationVariable,
  endpointVariable,
  exclusiveProblems,
  misspeltVariables,
  secretFileVariable,
  setVariables,
  type Environment,
} from '../domain/environment.ts';
import { toFieldProblems, wording, type FieldProblem, type Parsed } from '../domain/field-problem.ts';
import { loadPolicy } from '../domain/policy-source.ts';
import type { PolicyOverrides } from '../domain/policy.ts';
import { parseTemporalConfig, type TemporalConfig } from '../domain/temporal-config.ts';
import { STALE_RULES } from '../shifts/schedule.ts';
import { readShiftFeeds, type ShiftFeedConfig } from './shift-feeds.ts';
import type { ShiftConfig } from './shift-schedule.ts';
import { readTenantsFile, tenantIdText, toTenant, type TenantConfig } from './tenants.ts';

export type LogLevelName = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** Everything a worker is told from outside. */
export interface WorkerConfig {
  temporal: TemporalConfig;
  tenants: readonly TenantConfig[];
  taskQueue: string;
  policy: PolicyOverrides;
  /** Undefined: nothing is known of shifts. */
  shifts: ShiftConfig | undefined;
  audit: StoreConfig;
  /** Undefined: no such server. */
  health: Endpoint | undefined;
  metrics: Endpoint | undefined;
  logLevel: LogLevelName;
  /** How long tasks under way may take to finish after a signal to stop, in milliseconds. */
  shutdownGraceMs: number;
}

const ONE_TENANT_VARIABLES = [
  'CXONE_TENANT_ID',
  'CXONE_CLIENT_ID',
  'CXONE_CLIENT_ID_FILE',
  'CXONE_CLIENT_SECRET',
  'CXONE_CLIENT_SECRET_FILE',
  'CXONE_BASE_URL',
  'CXONE_AGENTS_PER_MINUTE',
  'CXONE_PREMIUM',
];
/** Where the fields of a tenant come from that are judged as those of a file are. */
const VARIABLE_OF: Partial<Record<string, string>> = {
  baseUrl: 'CXONE_BASE_URL',
  clientSecretFile: 'CXONE_CLIENT_SECRET_FILE',
  agentsPerMinute: 'CXONE_AGENTS_PER_MINUTE',
};

const filePath = z.string().refine((path) => !path.includes('\0'), { error: 'must be the path of a file' });

const OWN_VARIABLES = {
  CXONE_TENANT_ID: tenantIdText.optional(),
  CXONE_CLIENT_ID: z.string().optional(),
  CXONE_CLIENT_ID_FILE: secretFileVariable.optional(),
  CXONE_CLIENT_SECRET: z.string().optional(),
  CXONE_CLIENT_SECRET_FILE: filePath.optional(),
  CXONE_BASE_URL: z.string().optional(),
  CXONE_AGENTS_PER_MINUTE: z.string().optional(),
  CXONE_PREMIUM: booleanVariable.optional(),
  CXONE_TENANTS_FILE: filePath.optional(),
  PROVISIONING_TASK_QUEUE: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_./:-]{0,199}$/, {
      error: "must be up to 200 letters, digits, '_', '.', '/', ':' or '-'",
    })
    .default('skill-provisioning'),
  PROVISIONING_POLICY: z.string().optional(),
  SHIFT_FEEDS: filePath.optional(),
  SHIFT_FEED_INTERVAL: durationVariable('100ms', '1h', '1m').default(60_000),
  /** Some readings may fail, a schedule does not change by the minute. */
  SHIFT_FEED_MAX_AGE: durationVariable('1s', '7d', '15m').default(900_000),
  SHIFT_FEED_STALE: z.enum(STALE_RULES).default('proceed'),
  HEALTH_ADDRESS: endpointVariable(true).optional(),
  METRICS_ADDRESS: endpointVariable(false).optional(),
  LOG_LEVEL: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['trace', 'debug', 'info', 'warn', 'error']))
    .default('info'),
  /** As long as a toggle that meets a slow platform may need, with room for the others. */
  SHUTDOWN_GRACE: durationVariable('0s', '10m', '30s').default(30_000),
} as const;

const schema = z.object(OWN_VARIABLES);

/** The variables of a worker but for Temporal's own (`TEMPORAL_VARIABLES`). */
export const WORKER_VARIABLES = { ...OWN_VARIABLES, ...AUDIT_VARIABLES } as const;

/** Reads a worker's configuration, or says everything that is wrong with it by the names of the variables. */
export function parseConfig(env: Environment): Parsed<'config', WorkerConfig> {
  const set = setVariables(env);
  const parsed = schema.safeParse(set, { error: wording });
  const temporal = parseTemporalConfig(env);
  const audit = parseStoreConfig(env);
  const tenants = toTenants(set, parsed.data?.CXONE_CLIENT_ID_FILE);
  const allowShortGap = tenants.ok && tenants.tenants.every(({ loopback }) => loopback);
  const policy = toPolicy(set['PROVISIONING_POLICY'], allowShortGap);
  const shifts = toShifts(set['SHIFT_FEEDS'], tenants.ok ? tenants.tenants : undefined);
  const problems = [
    ...(parsed.success ? [] : toFieldProblems(parsed.error)),
    ...(temporal.ok ? [] : temporal.problems),
    ...(audit.ok ? [] : audit.problems),
    ...(tenants.ok ? [] : tenants.problems),
    ...(policy.ok ? [] : policy.problems),
    ...(shifts.ok ? [] : shifts.problems),
    ...ageProblems(parsed.data),
    ...misspeltVariables(env, Object.keys(WORKER_VARIABLES), ['CXONE_', 'PROVISIONING_', 'SHIFT_', 'AUDIT_']),
  ];
  if (!parsed.success || !temporal.ok || !audit.ok || !tenants.ok || !policy.ok || !shifts.ok || problems.length > 0) {
    return { ok: false, problems };
  }
  const { data } = parsed;
  const config: WorkerConfig = {
    temporal: Object.freeze(temporal.config),
    tenants: Object.freeze(tenants.tenants.map((tenant) => Object.freeze(tenant))),
    taskQueue: data.PROVISIONING_TASK_QUEUE,
    policy: Object.freeze(policy.policy),
    shifts: shifts.feeds && {
      feeds: shifts.feeds,
      intervalMs: data.SHIFT_FEED_INTERVAL,
      maxAgeMs: data.SHIFT_FEED_MAX_AGE,
      whenStale: data.SHIFT_FEED_STALE,
    },
    audit: audit.store,
    health: data.HEALTH_ADDRESS,
    metrics: data.METRICS_ADDRESS,
    logLevel: data.LOG_LEVEL,
    shutdownGraceMs: data.SHUTDOWN_GRACE,
  };
  return { ok: true, config: Object.freeze(config) };
}

function toTenants(set: Record<string, string>, clientIdOfFile: string | undefined): Parsed<'tenants', TenantConfig[]> {
  const file = set['CXONE_TENANTS_FILE'];
  if (file === undefined) return toOneTenant(set, clientIdOfFile);
  const read = readTenantsFile(file);
  const problems = [
    ...(read.ok ? [] : within('CXONE_TENANTS_FILE', read.problems)),
    ...ONE_TENANT_VARIABLES.flatMap((name) => exclusiveProblems(set, 'CXONE_TENANTS_FILE', name)),
  ];
  return read.ok && problems.length === 0 ? read : { ok: false, problems };
}

function toOneTenant(
  set: Record<string, string>,
  clientIdOfFile: string | undefined,
): Parsed<'tenants', TenantConfig[]> {
  const problems = [
    ...requiredProblems(set, 'CXONE_TENANT_ID'),
    ...requiredProblems(set, 'CXONE_CLIENT_ID', 'CXONE_CLIENT_ID_FILE'),
    ...requiredProblems(set, 'CXONE_CLIENT_SECRET', 'CXONE_CLIENT_SECRET_FILE'),
    ...exclusiveProblems(set, 'CXONE_CLIENT_ID', 'CXONE_CLIENT_ID_FILE'),
    ...exclusiveProblems(set, 'CXONE_CLIENT_SECRET', 'CXONE_CLIENT_SECRET_FILE'),
  ];
  const tenantId = set['CXONE_TENANT_ID'] ?? '';
  const agentsPerMinute = set['CXONE_AGENTS_PER_MINUTE'];
  const tenant = toTenant({
    // A stand-in, so that the rest is judged too; a wrong id is the schema's to report.
    tenantId: tenantIdText.safeParse(tenantId).success ? tenantId : 'tenant',
    clientId: set['CXONE_CLIENT_ID'] ?? clientIdOfFile ?? '',
    clientSecret: set['CXONE_CLIENT_SECRET'],
    clientSecretFile: set['CXONE_CLIENT_SECRET_FILE'],
    baseUrl: set['CXONE_BASE_URL'],
    agentsPerMinute: agentsPerMinute === undefined ? undefined : Number(agentsPerMinute),
    premium: booleanVariable.safeParse(set['CXONE_PREMIUM']).data,
  });
  if (!tenant.ok) {
    for (const { path, message } of tenant.problems) {
      const variable = VARIABLE_OF[path];
      if (variable !== undefined) problems.push({ path: variable, message });
    }
  }
  return tenant.ok && problems.length === 0 ? { ok: true, tenants: [tenant.tenant] } : { ok: false, problems };
}

function toPolicy(source: string | undefined, allowShortGap: boolean): Parsed<'policy', PolicyOverrides> {
  if (source === undefined) return { ok: true, policy: {} };
  const loaded = loadPolicy(source, { allowShortGap });
  return loaded.ok ? loaded : { ok: false, problems: within('PROVISIONING_POLICY', loaded.problems) };
}

/** Without tenants nothing can be said of whose the feeds are, and the worker does not start anyway. */
function toShifts(
  file: string | undefined,
  tenants: readonly TenantConfig[] | undefined,
): Parsed<'feeds', ShiftFeedConfig[] | undefined> {
  if (file === undefined || tenants === undefined) return { ok: true, feeds: undefined };
  const read = readShiftFeeds(file, tenants);
  return read.ok ? read : { ok: false, problems: within('SHIFT_FEEDS', read.problems) };
}

function ageProblems(values: z.output<typeof schema> | undefined): FieldProblem[] {
  if (values === undefined || values.SHIFT_FEED_MAX_AGE > values.SHIFT_FEED_INTERVAL) return [];
  const message = 'must be longer than SHIFT_FEED_INTERVAL, or every feed is stale between two readings';
  return [{ path: 'SHIFT_FEED_MAX_AGE', message }];
}

function requiredProblems(set: Record<string, string>, name: string, fileName?: string): FieldProblem[] {
  if (set[name] !== undefined || (fileName !== undefined && set[fileName] !== undefined)) return [];
  const alternative = fileName === undefined ? '' : ` (or ${fileName})`;
  return [{ path: name, message: `is required${alternative}, unless CXONE_TENANTS_FILE lists the tenants` }];
}

function within(variable: string, problems: readonly FieldProblem[]): FieldProblem[] {
  return problems.map((problem) => ({
    ...problem,
    path: problem.path === '' ? variable : `${variable}.${problem.path}`,
  }));
}
