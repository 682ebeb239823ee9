import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { parseBaseUrl } from '../cxone/base-url.ts';
import { toFieldProblems, wording, type FieldProblem, type Parsed } from '../domain/field-problem.ts';
import { TENANT_ID_PATTERN } from '../domain/request.ts';

/** A tenant this worker serves. */
export interface TenantConfig {
  tenantId: string;
  clientId: string;
  /** The secret as it is now: a file is read again each time, so that a rotation needs no restart. Throws if it can't be. */
  clientSecret: () => string;
  /** Undefined: the platform's own address. */
  baseUrl: string | undefined;
  /** Skill changes a minute, one agent each; undefined: the platform does not limit this tenant. */
  agentsPerMinute: number | undefined;
  /** The base URL is on this machine, so that only a test double can be behind it. */
  loopback: boolean;
}

/** A tenant as written down: in the file of tenants, or by the variables for one. */
export interface TenantEntry {
  tenantId: string;
  clientId: string;
  clientSecret?: string | undefined;
  clientSecretFile?: string | undefined;
  baseUrl?: string | undefined;
  agentsPerMinute?: number | undefined;
  premium?: boolean | undefined;
}

/** What the platform lets through without the Premium tier. */
const STANDARD_AGENTS_PER_MINUTE = 500;
const PREMIUM_AGENTS_PER_MINUTE = 100_000;

export const tenantIdText = z
  .string()
  .regex(TENANT_ID_PATTERN, { error: "must be one DNS label: up to 63 letters, digits or inner '-'" });

const tenantsSchema = z
  .array(
    z.strictObject(
      {
        tenantId: tenantIdText,
        clientId: z.string().min(1, { error: 'must not be empty' }),
        clientSecret: z.string().min(1, { error: 'must not be empty' }).optional(),
        clientSecretFile: z.string().min(1, { error: 'must not be empty' }).optional(),
        baseUrl: z.string().optional(),
        agentsPerMinute: z.number().optional(),
        premium: z.boolean().optional(),
      },
      {
        error: (issue) =>
          issue.code === 'unrecognized_keys'
            ? 'is not known here; allowed are tenantId, clientId, clientSecret, clientSecretFile, baseUrl, agentsPerMinute, premium'
            : undefined,
      },
    ),
  )
  .min(1, { error: 'must list at least one tenant' });

/** Reads `CXONE_TENANTS_FILE`; a relative `clientSecretFile` in it is relative to the file. Problems have paths in it. */
export function readTenantsFile(path: string): Parsed<'tenants', TenantConfig[]> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { ok: false, problems: [{ path: '', message: 'must be the path of a readable file of valid JSON' }] };
  }
  const parsed = tenantsSchema.safeParse(value, { error: wording });
  if (!parsed.success) return { ok: false, problems: toFieldProblems(parsed.error) };
  const problems = repeatedTenants(parsed.data);
  const tenants = parsed.data.flatMap((entry, index) => {
    const { clientSecretFile } = entry;
    const file = clientSecretFile === undefined ? undefined : resolve(dirname(path), clientSecretFile);
    const tenant = toTenant({ ...entry, clientSecretFile: file });
    if (tenant.ok) return [tenant.tenant];
    problems.push(...tenant.problems.map((problem) => ({ ...problem, path: `${index}.${problem.path}` })));
    return [];
  });
  return problems.length === 0 ? { ok: true, tenants } : { ok: false, problems };
}

/** Checks what needs more than a look at one text: the base URL, a secret that can be read, the limit for the tier. */
export function toTenant(entry: TenantEntry): Parsed<'tenant', TenantConfig> {
  const problems: FieldProblem[] = [];
  let loopback = false;
  try {
    ({ loopback } = parseBaseUrl(entry.tenantId, entry.baseUrl));
  } catch (error) {
    const message = error instanceof Error ? error.message.replace(/^CXONE_BASE_URL /, '') : 'is not usable';
    problems.push({ path: 'baseUrl', message });
  }
  const { clientSecret, clientSecretFile } = entry;
  if ((clientSecret === undefined) === (clientSecretFile === undefined)) {
    problems.push({ path: 'clientSecret', message: 'is required, or clientSecretFile instead, and not both' });
  }
  const secret = clientSecret === undefined ? () => readSecret(clientSecretFile ?? '') : () => clientSecret;
  try {
    if (clientSecretFile !== undefined) secret();
  } catch {
    problems.push({ path: 'clientSecretFile', message: 'must be the path of a readable file that is not empty' });
  }
  const { tenantId, clientId, baseUrl, agentsPerMinute, premium = false } = entry;
  if (agentsPerMinute !== undefined) problems.push(...rateProblems(agentsPerMinute, premium));
  if (problems.length > 0) return { ok: false, problems };
  const limit = agentsPerMinute ?? (premium ? undefined : STANDARD_AGENTS_PER_MINUTE);
  return { ok: true, tenant: { tenantId, clientId, clientSecret: secret, baseUrl, agentsPerMinute: limit, loopback } };
}

function rateProblems(agentsPerMinute: number, premium: boolean): FieldProblem[] {
  const most = premium ? PREMIUM_AGENTS_PER_MINUTE : STANDARD_AGENTS_PER_MINUTE;
  if (Number.isInteger(agentsPerMinute) && agentsPerMinute >= 1 && agentsPerMinute <= most) return [];
  const tier = premium ? '' : ', unless the tenant has the Premium tier';
  return [{ path: 'agentsPerMinute', message: `must be a whole number from 1 to ${most}${tier}` }];
}

function readSecret(path: string): string {
  const secret = readFileSync(path, 'utf8').trim();
  if (secret === '') throw new Error('The file of the client secret is empty.');
  return secret;
}

/** Host names know no case: two spellings of one tenant would mean two writers for one agent. */
function repeatedTenants(entries: readonly TenantEntry[]): FieldProblem[] {
  const ids = entries.map(({ tenantId }) => tenantId.toLowerCase());
  return ids.flatMap((id, index) =>
    ids.indexOf(id) === index
      ? []
      : [{ path: `${index}.tenantId`, message: 'is there already; list each tenant once' }],
  );
}
