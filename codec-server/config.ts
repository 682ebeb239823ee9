import { z } from 'zod';
import { parseEndpoint, type Endpoint } from '../domain/endpoint.ts';
import {
  exclusiveProblems,
  fileVariable,
  misspeltVariables,
  setVariables,
  type Environment,
} from '../domain/environment.ts';
import { toFieldProblems, wording, type FieldProblem, type Parsed } from '../domain/field-problem.ts';
import { isLoopbackUrl } from '../domain/loopback.ts';
import type { PayloadProtection } from '../domain/payload-keys.ts';
import { parseTemporalConfig } from '../domain/temporal-config.ts';

/** Where the keys are that tokens are checked with. */
export type TokenKeys = { kind: 'jwks'; json: string } | { kind: 'url'; url: URL } | { kind: 'pem'; pem: string };

/** Everything a codec server is told from outside. */
export interface CodecServerConfig {
  address: Endpoint;
  namespace: string;
  protection: PayloadProtection;
  /** Origins of web pages that may ask, exactly as browsers write them. */
  origins: readonly string[];
  tokens: { keys: TokenKeys; issuer: string; audience: string; algorithms: readonly string[] };
  /** Undefined: plain HTTP, for a proxy in front or this machine alone. */
  tls: { cert: Buffer; key: Buffer } | undefined;
}

/** With these a signature can only be made by who holds a private key. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;

const list = z.string().transform((text) => [...new Set(text.split(',').map((part) => part.trim()))]);

/** The variables of a codec server but for Temporal's own, of which it reads the namespace and the keys. */
const VARIABLES = {
  CODEC_SERVER_ADDRESS: z
    .string()
    .default('127.0.0.1:8234')
    .transform((text, context): Endpoint => {
      const parsed = parseEndpoint(text, true);
      if (parsed !== undefined) return parsed;
      context.addIssue({ code: 'custom', message: 'must be host:port, such as 127.0.0.1:8234' });
      return z.NEVER;
    }),
  CODEC_SERVER_ORIGINS: list.refine((origins) => origins.every(isOrigin), {
    error: 'must be origins such as https://temporal.example.com, with commas between: scheme, host and port, no path',
  }),
  CODEC_SERVER_ISSUER: z.string(),
  CODEC_SERVER_AUDIENCE: z.string(),
  CODEC_SERVER_ALGORITHMS: list
    .pipe(z.array(z.enum(ALGORITHMS, { error: `must be of ${ALGORITHMS.join(', ')}, with commas between` })))
    .default(['RS256']),
  CODEC_SERVER_JWKS: fileVariable.optional(),
  CODEC_SERVER_JWKS_URL: z
    .string()
    .refine((text) => URL.canParse(text) && (text.startsWith('https:') || isLoopbackUrl(text)), {
      error: 'must be an https: URL; http: for loopback hosts only',
    })
    .optional(),
  CODEC_SERVER_PUBLIC_KEY: fileVariable.optional(),
  CODEC_SERVER_TLS_CERT: fileVariable.optional(),
  CODEC_SERVER_TLS_KEY: fileVariable.optional(),
} as const;

const schema = z.object(VARIABLES);

/** Reads a codec server's configuration, or says everything that is wrong with it by the names of the variables. */
export function parseCodecServerConfig(env: Environment): Parsed<'config', CodecServerConfig> {
  const parsed = schema.safeParse(setVariables(env), { error: wording });
  const temporal = parseTemporalConfig(env);
  const problems: FieldProblem[] = [
    ...(parsed.success ? [] : toFieldProblems(parsed.error)),
    ...(temporal.ok ? [] : temporal.problems),
    ...combinationProblems(env),
    ...misspeltVariables(env, Object.keys(VARIABLES), ['CODEC_']),
  ];
  const tokenKeys = parsed.success ? toTokenKeys(parsed.data) : undefined;
  const protection = temporal.ok ? temporal.config.payloads : undefined;
  if (!parsed.success || !temporal.ok || !tokenKeys || !protection || problems.length > 0) {
    return { ok: false, problems };
  }
  const { data } = parsed;
  const { CODEC_SERVER_TLS_CERT: cert, CODEC_SERVER_TLS_KEY: key } = data;
  const config: CodecServerConfig = {
    address: data.CODEC_SERVER_ADDRESS,
    namespace: temporal.config.namespace,
    protection,
    origins: data.CODEC_SERVER_ORIGINS,
    tokens: {
      keys: tokenKeys,
      issuer: data.CODEC_SERVER_ISSUER,
      audience: data.CODEC_SERVER_AUDIENCE,
      algorithms: data.CODEC_SERVER_ALGORITHMS,
    },
    tls: cert === undefined || key === undefined ? undefined : { cert, key },
  };
  return { ok: true, config: Object.freeze(config) };
}

function combinationProblems(env: Environment): FieldProblem[] {
  const set = setVariables(env);
  const sources = ['CODEC_SERVER_JWKS', 'CODEC_SERVER_JWKS_URL', 'CODEC_SERVER_PUBLIC_KEY'];
  const problems = exclusiveProblems(env, ...sources);
  if (sources.every((name) => set[name] === undefined)) {
    problems.push({ path: 'CODEC_SERVER_JWKS', message: `is required, or one of ${sources.slice(1).join(' and ')}` });
  }
  if (set['PROVISIONING_PAYLOAD_KEYS'] === undefined) {
    problems.push({ path: 'PROVISIONING_PAYLOAD_KEYS', message: 'is required' });
  }
  for (const [name, other] of [
    ['CODEC_SERVER_TLS_CERT', 'CODEC_SERVER_TLS_KEY'],
    ['CODEC_SERVER_TLS_KEY', 'CODEC_SERVER_TLS_CERT'],
  ] as const) {
    if (set[name] !== undefined && set[other] === undefined) {
      problems.push({ path: other, message: `is required with ${name}` });
    }
  }
  return problems;
}

function toTokenKeys(values: z.output<typeof schema>): TokenKeys | undefined {
  const { CODEC_SERVER_JWKS: jwks, CODEC_SERVER_JWKS_URL: url, CODEC_SERVER_PUBLIC_KEY: pem } = values;
  if (jwks !== undefined) return { kind: 'jwks', json: jwks.toString('utf8') };
  if (url !== undefined) return { kind: 'url', url: new URL(url) };
  return pem === undefined ? undefined : { kind: 'pem', pem: pem.toString('utf8') };
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}
