import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { toFieldProblems, wording, type FieldProblem, type Parsed } from './field-problem.ts';

/** The keys that payloads are encrypted with: any of them opens, one of them seals. Each has 32 bytes. */
export interface PayloadKeys {
  encodeWith: string;
  keys: ReadonlyMap<string, Uint8Array>;
}

/** Keys as a program names them: bytes, or their base64. */
export interface PayloadKeysInput {
  encodeWith: string;
  keys: Readonly<Record<string, string | Uint8Array>>;
}

/** What becomes of payloads that are not encrypted where keys are set. */
export const PLAIN_RULES = ['refuse', 'accept'] as const;
export type PlainRule = (typeof PLAIN_RULES)[number];

/** How payloads are protected. */
export interface PayloadProtection {
  keys: PayloadKeys;
  plain: PlainRule;
}

const KEY_BYTES = 32;
const KEY_ID_PATTERN = /^[A-Za-z0-9._-]{1,64}$/;
const KEY_TEXT_PATTERN = /^[A-Za-z0-9+/]{43}=$/;
const NOT_A_KEY = `must be ${KEY_BYTES} random bytes in base64, such as "openssl rand -base64 ${KEY_BYTES}" writes`;

const keyId = z.string().regex(KEY_ID_PATTERN, { error: "must be 1 to 64 letters, digits, '.', '_' or '-'" });

const fileSchema = z.strictObject(
  { encodeWith: keyId, keys: z.record(keyId, z.string().min(1, { error: 'must be the path of a file' })) },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? 'is not known here; allowed are encodeWith and keys' : undefined,
  },
);

/**
 * Reads the file of `PROVISIONING_PAYLOAD_KEYS`: JSON that names each key's file by the key's id, and the one that
 * encodes. Relative paths are relative to the file. Problems have paths in it, and never show a key.
 */
export function readPayloadKeys(path: string): Parsed<'keys', PayloadKeys> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { ok: false, problems: [{ path: '', message: 'must be the path of a readable file of valid JSON' }] };
  }
  const parsed = fileSchema.safeParse(value, { error: wording });
  if (!parsed.success) return { ok: false, problems: toFieldProblems(parsed.error) };
  const texts: Record<string, string> = {};
  const problems: FieldProblem[] = [];
  for (const [id, file] of Object.entries(parsed.data.keys)) {
    try {
      texts[id] = readFileSync(resolve(dirname(path), file), 'utf8').trim();
    } catch {
      problems.push({ path: `keys.${id}`, message: 'must be the path of a readable file' });
    }
  }
  if (problems.length > 0) return { ok: false, problems };
  return parsePayloadKeys({ encodeWith: parsed.data.encodeWith, keys: texts });
}

/** Checks keys that a program names itself. */
export function parsePayloadKeys({ encodeWith, keys }: PayloadKeysInput): Parsed<'keys', PayloadKeys> {
  const problems: FieldProblem[] = [];
  const known = new Map<string, Uint8Array>();
  for (const [id, key] of Object.entries(keys)) {
    const bytes = toBytes(key);
    if (!KEY_ID_PATTERN.test(id)) {
      problems.push({ path: 'keys', message: "must have ids of 1 to 64 letters, digits, '.', '_' or '-'" });
    } else if (bytes === undefined) problems.push({ path: `keys.${id}`, message: NOT_A_KEY });
    else if ([...known.values()].some((other) => Buffer.compare(other, bytes) === 0)) {
      problems.push({ path: `keys.${id}`, message: 'is the same key as another one here' });
    } else known.set(id, bytes);
  }
  if (!Object.hasOwn(keys, encodeWith))
    problems.push({ path: 'encodeWith', message: 'must be the id of one of the keys' });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, keys: { encodeWith, keys: known } };
}

function toBytes(key: string | Uint8Array): Uint8Array | undefined {
  if (typeof key !== 'string') return key.length === KEY_BYTES ? Uint8Array.from(key) : undefined;
  return KEY_TEXT_PATTERN.test(key) ? Buffer.from(key, 'base64') : undefined;
}
