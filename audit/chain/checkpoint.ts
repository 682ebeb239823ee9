import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { describeProblems, toFieldProblems, wording } from '../../domain/field-problem.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Head } from './link.ts';

const TYPE = 'skill-provisioner.audit-checkpoint.v1';

const signedPart = z.strictObject({
  type: z.literal(TYPE),
  tenantId: z.string().min(1),
  position: z.int().min(1),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  time: z.iso.datetime(),
  keyId: z.string().regex(/^[0-9a-f]{16}$/),
});

const schema = signedPart.extend({ signature: z.base64() });

/** That the chain of a tenant had this hash at this position, signed. */
export type Checkpoint = z.output<typeof schema>;

/** The two halves of a key cannot be what they are said to be. The message names no secret. */
export class InvalidKeyError extends Error {
  override readonly name = 'InvalidKeyError';
}

/** A private key and the id of its public half. */
export interface SigningKey {
  id: string;
  key: KeyObject;
}

/** Public keys by their ids. */
export type VerifyingKeys = ReadonlyMap<string, KeyObject>;

/** The id of a public key: the first 16 hexadecimal digits of the SHA-256 of its SubjectPublicKeyInfo (DER). */
export function keyIdOf(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('hex').slice(0, 16);
}

/** Reads an Ed25519 private key in PEM (PKCS #8). Throws `InvalidKeyError`. */
export function parseSigningKey(pem: string): SigningKey {
  const key = parsed(() => createPrivateKey(pem), 'an Ed25519 private key in PEM');
  return { id: keyIdOf(createPublicKey(key)), key };
}

/** Reads one or more Ed25519 public keys in PEM, one after the other. Throws `InvalidKeyError`. */
export function parseVerifyingKeys(pem: string): VerifyingKeys {
  const blocks = pem.match(/-----BEGIN [A-Z ]+-----[\s\S]+?-----END [A-Z ]+-----/g) ?? [''];
  const keys = blocks.map((block) => {
    // Node would make a public key of a private one, and nobody would notice which file lies here.
    if (block.includes('PRIVATE')) throw new InvalidKeyError('is a private key; give its public half');
    return parsed(() => createPublicKey(block), 'Ed25519 public keys in PEM');
  });
  return new Map(keys.map((key) => [keyIdOf(key), key]));
}

/** Signs the head of a tenant's chain. `time` is ISO 8601, UTC. */
export function signCheckpoint(tenantId: string, { position, hash }: Head, time: string, by: SigningKey): Checkpoint {
  const content = { type: TYPE, tenantId, position, hash, time, keyId: by.id } as const;
  return { ...content, signature: sign(null, signedBytes(content), by.key).toString('base64') };
}

/** Whether one of these keys has signed it. */
export function isSigned(checkpoint: Checkpoint, keys: VerifyingKeys): boolean {
  const { signature, ...content } = checkpoint;
  const key = keys.get(content.keyId);
  return key !== undefined && verify(null, signedBytes(content), key, Buffer.from(signature, 'base64'));
}

/** Reads a checkpoint, or says why it is none. */
export function parseCheckpoint(line: string): { checkpoint: Checkpoint } | { why: string } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { why: 'is no JSON' };
  }
  const { data, error } = schema.safeParse(value, { error: wording });
  return data === undefined ? { why: describeProblems(toFieldProblems(error)) } : { checkpoint: data };
}

/** A checkpoint as it is written, what is fixed of it and what is not by turns. */
const WRITTEN: (string | RegExp)[] = [
  `{"type":"${TYPE}","tenantId":"`,
  /^[^"]*/,
  '","position":',
  /^\d*/,
  ',"hash":"',
  /^[0-9a-f]*/,
  '","time":"',
  /^[^"]*/,
  '","keyId":"',
  /^[0-9a-f]*/,
  '","signature":"',
  /^[A-Za-z0-9+/=]*/,
  '"}',
];

/** Whether a line is the beginning of a checkpoint and no more: a crash or a full disk ended it while it was written. */
export function isTorn(line: string): boolean {
  let rest = line;
  for (const part of WRITTEN) {
    const found = typeof part === 'string' ? part : (part.exec(rest)?.[0] ?? '');
    if (!rest.startsWith(found)) return found.startsWith(rest);
    rest = rest.slice(found.length);
    if (rest === '' && part !== WRITTEN.at(-1)) return true;
  }
  return false;
}

function signedBytes(content: z.output<typeof signedPart>): Buffer {
  return Buffer.from(canonicalJson(content));
}

function parsed(make: () => KeyObject, what: string): KeyObject {
  try {
    const key = make();
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // What OpenSSL says of it helps nobody.
  }
  throw new InvalidKeyError(`must hold ${what}`);
}
