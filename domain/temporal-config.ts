import { z } from 'zod';
import { parseEndpoint } from './endpoint.ts';
import {
  booleanVariable,
  exclusiveProblems,
  fileVariable,
  secretFileVariable,
  setVariables,
  type Environment,
} from './environment.ts';
import { PLAIN_RULES, readPayloadKeys, type PayloadProtection, type PlainRule } from './payload-keys.ts';
import { toFieldProblems, wording, type FieldProblem, type Parsed } from './field-problem.ts';

/** How to reach Temporal. `connection` fits `Connection.connect`; a `NativeConnection` takes the key as it is now. */
export interface TemporalConfig {
  namespace: string;
  connection: {
    address: string;
    /** A function is asked for every call, so that a key can be replaced; it also keeps the key out of what is printed. */
    apiKey?: string | (() => string);
    tls?: boolean | TemporalTls;
  };
  /** Undefined: payloads are written as they are. */
  payloads?: PayloadProtection;
}

export interface TemporalTls {
  serverNameOverride?: string;
  serverRootCACertificate?: Uint8Array;
  clientCertPair?: { crt: Uint8Array; key: Uint8Array };
}

/** It travels in a header. */
const apiKey = z.string().regex(/^[\x21-\x7e]+$/, { error: 'must be printable ASCII without blanks' });
const pem = z.string().transform((text) => Buffer.from(text));

/** Nobody could be asked for its passphrase. */
function isUsableKey(key: Uint8Array): boolean {
  return !/BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(Buffer.from(key).toString('latin1'));
}
const ENCRYPTED = { error: 'must be a private key without a passphrase; protect its file instead' };

/**
 * The variables that Temporal's own tools read, by their names there (docs.temporal.io, client environment
 * configuration), and `TEMPORAL_API_KEY_FILE` for a key that is mounted as a file.
 */
export const TEMPORAL_VARIABLES = {
  TEMPORAL_ADDRESS: z
    .string()
    .refine((text) => parseEndpoint(text) !== undefined, { error: 'must be host:port, such as 127.0.0.1:7233' })
    .default('127.0.0.1:7233'),
  TEMPORAL_NAMESPACE: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,255}$/, { error: "must be a namespace's name: letters, digits, '.', '_' or '-'" })
    .default('default'),
  TEMPORAL_API_KEY: apiKey.optional(),
  TEMPORAL_API_KEY_FILE: secretFileVariable.pipe(apiKey).optional(),
  TEMPORAL_TLS: booleanVariable.optional(),
  TEMPORAL_TLS_CLIENT_CERT_PATH: fileVariable.optional(),
  TEMPORAL_TLS_CLIENT_CERT_DATA: pem.optional(),
  TEMPORAL_TLS_CLIENT_KEY_PATH: fileVariable.refine(isUsableKey, ENCRYPTED).optional(),
  TEMPORAL_TLS_CLIENT_KEY_DATA: pem.refine(isUsableKey, ENCRYPTED).optional(),
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: fileVariable.optional(),
  TEMPORAL_TLS_SERVER_CA_CERT_DATA: pem.optional(),
  TEMPORAL_TLS_SERVER_NAME: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,253}$/, { error: 'must be a host name' })
    .optional(),
  PROVISIONING_PAYLOAD_KEYS: z
    .string()
    .refine((path) => !path.includes('\0'), { error: 'must be the path of a file' })
    .optional(),
  PROVISIONING_PAYLOAD_PLAIN: z.enum(PLAIN_RULES).default('refuse'),
} as const;

const schema = z.object(TEMPORAL_VARIABLES);

/** Reads how to reach Temporal from the environment, or says everything that is wrong with it. Reads the files named. */
export function parseTemporalConfig(env: Environment): Parsed<'config', TemporalConfig> {
  const parsed = schema.safeParse(setVariables(env), { error: wording });
  const payloads = readProtection(env, parsed.data?.PROVISIONING_PAYLOAD_PLAIN ?? 'refuse');
  const problems = [
    ...(parsed.success ? [] : toFieldProblems(parsed.error)),
    ...combinationProblems(env),
    ...(payloads.ok ? [] : payloads.problems),
  ];
  if (!parsed.success || !payloads.ok || problems.length > 0) return { ok: false, problems };
  const config = toTemporalConfig(parsed.data, setVariables(env)['TEMPORAL_API_KEY_FILE']);
  if (payloads.protection !== undefined) config.payloads = payloads.protection;
  return { ok: true, config };
}

function readProtection(env: Environment, plain: PlainRule): Parsed<'protection', PayloadProtection | undefined> {
  const set = setVariables(env);
  const path = set['PROVISIONING_PAYLOAD_KEYS'];
  if (path === undefined) {
    if (set['PROVISIONING_PAYLOAD_PLAIN'] === undefined) return { ok: true, protection: undefined };
    const message = 'is set without PROVISIONING_PAYLOAD_KEYS, and has no meaning then';
    return { ok: false, problems: [{ path: 'PROVISIONING_PAYLOAD_PLAIN', message }] };
  }
  const read = readPayloadKeys(path);
  if (read.ok) return { ok: true, protection: { keys: read.keys, plain } };
  const name = 'PROVISIONING_PAYLOAD_KEYS';
  const problems = read.problems.map(({ path: within, message }) => ({
    path: within === '' ? name : `${name}.${within}`,
    message,
  }));
  return { ok: false, problems };
}

function combinationProblems(env: Environment): FieldProblem[] {
  const set = setVariables(env);
  const problems = [
    ...exclusiveProblems(env, 'TEMPORAL_API_KEY', 'TEMPORAL_API_KEY_FILE'),
    ...exclusiveProblems(env, 'TEMPORAL_TLS_CLIENT_CERT_PATH', 'TEMPORAL_TLS_CLIENT_CERT_DATA'),
    ...exclusiveProblems(env, 'TEMPORAL_TLS_CLIENT_KEY_PATH', 'TEMPORAL_TLS_CLIENT_KEY_DATA'),
    ...exclusiveProblems(env, 'TEMPORAL_TLS_SERVER_CA_CERT_PATH', 'TEMPORAL_TLS_SERVER_CA_CERT_DATA'),
  ];
  const certificate = set['TEMPORAL_TLS_CLIENT_CERT_PATH'] ?? set['TEMPORAL_TLS_CLIENT_CERT_DATA'];
  const key = set['TEMPORAL_TLS_CLIENT_KEY_PATH'] ?? set['TEMPORAL_TLS_CLIENT_KEY_DATA'];
  if (certificate !== undefined && key === undefined) {
    problems.push({ path: 'TEMPORAL_TLS_CLIENT_KEY_PATH', message: 'is required with a client certificate' });
  }
  if (key !== undefined && certificate === undefined) {
    problems.push({ path: 'TEMPORAL_TLS_CLIENT_CERT_PATH', message: 'is required with a client key' });
  }
  return [...problems, ...unsupportedProblems(set)];
}

/** Temporal's tools know a configuration file too; who sets one must not believe it was read. */
function unsupportedProblems(set: Record<string, string>): FieldProblem[] {
  return ['TEMPORAL_CONFIG_FILE', 'TEMPORAL_PROFILE']
    .filter((name) => set[name] !== undefined)
    .map((path) => ({ path, message: 'is not supported; set TEMPORAL_ADDRESS and the others of Temporal instead' }));
}

function toTemporalConfig(values: z.output<typeof schema>, keyFile: string | undefined): TemporalConfig {
  const connection: TemporalConfig['connection'] = { address: values.TEMPORAL_ADDRESS };
  const apiKey = values.TEMPORAL_API_KEY ?? values.TEMPORAL_API_KEY_FILE;
  if (apiKey !== undefined) connection.apiKey = keyFile === undefined ? () => apiKey : keyOfFile(keyFile, apiKey);
  const tls = toTls(values);
  if (tls !== undefined) connection.tls = tls;
  return { namespace: values.TEMPORAL_NAMESPACE, connection };
}

/** The key that the file has now; while it has none that could be one, the last one stays. */
function keyOfFile(path: string, first: string): () => string {
  let last = first;
  return () => (last = TEMPORAL_VARIABLES.TEMPORAL_API_KEY_FILE.safeParse(path).data ?? last);
}

/** TLS is used when it is asked for, when a certificate or name is given, or with an API key; `TEMPORAL_TLS=false` wins. */
function toTls(values: z.output<typeof schema>): boolean | TemporalTls | undefined {
  if (values.TEMPORAL_TLS === false) return false;
  const tls: TemporalTls = {};
  const ca = values.TEMPORAL_TLS_SERVER_CA_CERT_PATH ?? values.TEMPORAL_TLS_SERVER_CA_CERT_DATA;
  const crt = values.TEMPORAL_TLS_CLIENT_CERT_PATH ?? values.TEMPORAL_TLS_CLIENT_CERT_DATA;
  const key = values.TEMPORAL_TLS_CLIENT_KEY_PATH ?? values.TEMPORAL_TLS_CLIENT_KEY_DATA;
  if (values.TEMPORAL_TLS_SERVER_NAME !== undefined) tls.serverNameOverride = values.TEMPORAL_TLS_SERVER_NAME;
  if (ca !== undefined) tls.serverRootCACertificate = ca;
  if (crt !== undefined && key !== undefined) tls.clientCertPair = { crt, key };
  if (Object.keys(tls).length > 0) return tls;
  return values.TEMPORAL_TLS === true || values.TEMPORAL_API_KEY !== undefined || values.TEMPORAL_API_KEY_FILE
    ? true
    : undefined;
}
