import { z } from 'zod';
import type { Endpoint } from '../../domain/endpoint.ts';
import { durationVariable, endpointVariable, setVariables, type Environment } from '../../domain/environment.ts';
import { toFieldProblems, wording, type FieldProblem, type Parsed } from '../../domain/field-problem.ts';

/** What the sealer is told from outside. */
export interface SealerConfig {
  /** The second place of checkpoints: a file or a directory. Undefined: none are made. */
  checkpoints: string | undefined;
  /** The file of the private key that signs them. */
  keyFile: string | undefined;
  checkpointIntervalMs: number;
  sealIntervalMs: number;
  /** Undefined: no such server. */
  health: Endpoint | undefined;
  metrics: Endpoint | undefined;
}

const path = z.string().refine((text) => !text.includes('\0'), { error: 'must be the path of a file' });

/** The variables of the sealer beside those that say where the audit trail is. */
export const SEALER_VARIABLES = {
  AUDIT_CHECKPOINTS: path.optional(),
  AUDIT_CHECKPOINT_KEY_FILE: path.optional(),
  /** What may be cut off unseen; a line of 300 bytes for each tenant that had changes. */
  AUDIT_CHECKPOINT_INTERVAL: durationVariable('1s', '1d', '10m').default(600_000),
  /** What a change may wait for its seal, where there is little to do. */
  AUDIT_SEAL_INTERVAL: durationVariable('50ms', '1m', '1s').default(1_000),
  HEALTH_ADDRESS: endpointVariable(true).optional(),
  METRICS_ADDRESS: endpointVariable(true).optional(),
} as const;

const schema = z.object(SEALER_VARIABLES);

/** Reads the sealer's settings. All problems together, by variable. */
export function parseSealerConfig(env: Environment): Parsed<'sealer', SealerConfig> {
  const { data, error } = schema.safeParse(setVariables(env), { error: wording });
  if (data === undefined) return { ok: false, problems: toFieldProblems(error) };
  const problems = togetherProblems(data);
  if (problems.length > 0) return { ok: false, problems };
  const sealer: SealerConfig = {
    checkpoints: data.AUDIT_CHECKPOINTS,
    keyFile: data.AUDIT_CHECKPOINT_KEY_FILE,
    checkpointIntervalMs: data.AUDIT_CHECKPOINT_INTERVAL,
    sealIntervalMs: data.AUDIT_SEAL_INTERVAL,
    health: data.HEALTH_ADDRESS,
    metrics: data.METRICS_ADDRESS,
  };
  return { ok: true, sealer: Object.freeze(sealer) };
}

/** A key without a place signs nothing. A place without a key is read by `audit verify`, and nobody is to be stopped there. */
function togetherProblems({ AUDIT_CHECKPOINTS, AUDIT_CHECKPOINT_KEY_FILE }: z.output<typeof schema>): FieldProblem[] {
  if (AUDIT_CHECKPOINT_KEY_FILE === undefined || AUDIT_CHECKPOINTS !== undefined) return [];
  return [{ path: 'AUDIT_CHECKPOINTS', message: 'is required with AUDIT_CHECKPOINT_KEY_FILE: where checkpoints go' }];
}
