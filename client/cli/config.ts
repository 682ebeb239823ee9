import { z } from 'zod';
import { misspeltVariables, setVariables, type Environment } from '../../domain/environment.ts';
import { toFieldProblems, wording, type FieldProblem, type Parsed } from '../../domain/field-problem.ts';
import { isLoopbackUrl } from '../../domain/loopback.ts';
import { loadPolicy } from '../../domain/policy-source.ts';
import type { PolicyOverrides } from '../../domain/policy.ts';
import { TENANT_ID_PATTERN } from '../../domain/request.ts';
import { parseTemporalConfig, TEMPORAL_VARIABLES, type TemporalConfig } from '../../domain/temporal-config.ts';

/** What the commands need to know beside their flags. */
export interface CliConfig {
  temporal: TemporalConfig;
  tenantId: string;
  taskQueue: string;
  policy?: PolicyOverrides;
  /** The platform may be a simulator, so a toggle gap under 500 ms is not refused here. The worker judges for itself. */
  allowShortGap: boolean;
}

/** The variables of the commands but for Temporal's own (`TEMPORAL_VARIABLES`). */
export const CLI_VARIABLES = {
  CXONE_TENANT_ID: z
    .string({ error: 'is required; set it, or give --tenant' })
    .regex(TENANT_ID_PATTERN, { error: "must be one DNS label: up to 63 letters, digits or inner '-'" }),
  PROVISIONING_TASK_QUEUE: z.string().default('skill-provisioning'),
  PROVISIONING_POLICY: z.string().optional(),
  CXONE_BASE_URL: z.string().optional(),
} as const;

const schema = z.object(CLI_VARIABLES);

/** No other variable begins so, of the worker neither. A slip here sends in the clear what was to be encrypted. */
const OWN_PREFIX = 'PROVISIONING_';

/**
 * Reads the environment of the commands; `tenant` is what `--tenant` said. Variables of the worker are ignored. All
 * problems together, by variable or flag.
 */
export function parseCliConfig(env: Environment, tenant: string | undefined): Parsed<'config', CliConfig> {
  const own = schema.safeParse(
    { ...setVariables(env), ...(tenant === undefined ? {} : { CXONE_TENANT_ID: tenant }) },
    { error: wording },
  );
  const temporal = parseTemporalConfig(env);
  const baseUrl = setVariables(env)['CXONE_BASE_URL'];
  const allowShortGap = baseUrl === undefined || isLoopbackUrl(baseUrl);
  const source = setVariables(env)['PROVISIONING_POLICY'];
  const policy = source === undefined ? undefined : loadPolicy(source, { allowShortGap });

  const known = [...Object.keys(CLI_VARIABLES), ...Object.keys(TEMPORAL_VARIABLES)];
  const misspelt = misspeltVariables(env, known, [OWN_PREFIX]);

  if (own.success && temporal.ok && policy?.ok !== false && misspelt.length === 0) {
    const config: CliConfig = {
      temporal: temporal.config,
      tenantId: own.data.CXONE_TENANT_ID,
      taskQueue: own.data.PROVISIONING_TASK_QUEUE,
      allowShortGap,
      ...(policy === undefined ? {} : { policy: policy.policy }),
    };
    return { ok: true, config: Object.freeze(config) };
  }
  const problems: FieldProblem[] = [
    ...(own.success ? [] : toFieldProblems(own.error).map((problem) => namedByFlag(problem, tenant))),
    ...(temporal.ok ? [] : temporal.problems),
    ...(policy === undefined || policy.ok ? [] : policy.problems.map(ofPolicy)),
    ...misspelt,
  ];
  return { ok: false, problems };
}

function namedByFlag(problem: FieldProblem, tenant: string | undefined): FieldProblem {
  return problem.path === 'CXONE_TENANT_ID' && tenant !== undefined ? { ...problem, path: '--tenant' } : problem;
}

function ofPolicy({ path, message }: FieldProblem): FieldProblem {
  return { path: path === '' ? 'PROVISIONING_POLICY' : `PROVISIONING_POLICY.${path}`, message };
}
