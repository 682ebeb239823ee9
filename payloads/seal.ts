import type { Payload } from '@temporalio/common';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Binding } from './binding.ts';

/** What can be read of a sealed payload without its key. */
export interface SealedPayload extends Binding {
  keyId: string;
  /** Nonce, ciphertext and tag. */
  data: Uint8Array;
}

const SEALED_ENCODING = 'binary/encrypted';
const FORMAT = 'skill-provisioner/1';
const METADATA = {
  format: 'encryption-format',
  keyId: 'encryption-key-id',
  namespace: 'namespace',
  workflow: 'workflow-id',
};
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const LENGTH_BYTES = 4;

/** Encrypts a payload whole, with its metadata, for the place it belongs to. */
export function seal(payload: Payload, keyId: string, key: Uint8Array, binding: Binding): Payload {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData(keyId, binding));
  const ciphertext = Buffer.concat([cipher.update(toBytes(payload)), cipher.final()]);
  const metadata: Record<string, Uint8Array> = {
    encoding: Buffer.from(SEALED_ENCODING),
    [METADATA.format]: Buffer.from(FORMAT),
    [METADATA.keyId]: Buffer.from(keyId),
    [METADATA.namespace]: Buffer.from(binding.namespace),
  };
  if (binding.workflowId !== undefined) metadata[METADATA.workflow] = Buffer.from(binding.workflowId);
  return { metadata, data: Buffer.concat([nonce, ciphertext, cipher.getAuthTag()]) };
}

/** Whether a payload is encrypted, by us or by others. */
export function isEncrypted({ metadata }: Payload): boolean {
  return text(metadata, 'encoding') === SEALED_ENCODING;
}

/** What an encrypted payload says of itself; nothing if it was not sealed here. Not to be trusted before it is opened. */
export function readSealed({ metadata, data }: Payload): SealedPayload | undefined {
  const keyId = text(metadata, METADATA.keyId);
  const namespace = text(metadata, METADATA.namespace);
  if (text(metadata, METADATA.format) !== FORMAT || keyId === undefined || namespace === undefined) return undefined;
  return { keyId, namespace, workflowId: text(metadata, METADATA.workflow), data: data ?? new Uint8Array() };
}

/** Decrypts. Throws when key, metadata or data are not those it was sealed with. */
export function open({ keyId, data, ...binding }: SealedPayload, key: Uint8Array): Payload {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new Error('cut off');
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(associatedData(keyId, binding));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  return fromBytes(Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]));
}

/** JSON, so that no two places give the same bytes. */
function associatedData(keyId: string, { namespace, workflowId }: Binding): Buffer {
  return Buffer.from(JSON.stringify([FORMAT, keyId, namespace, workflowId ?? null]));
}

function toBytes({ metadata, data }: Payload): Buffer {
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]);
  const head = Buffer.from(JSON.stringify(entries));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head, data ?? new Uint8Array()]);
}

function fromBytes(bytes: Buffer): Payload {
  const dataAt = LENGTH_BYTES + bytes.readUInt32BE();
  const entries = JSON.parse(bytes.subarray(LENGTH_BYTES, dataAt).toString()) as [string, string][];
  const metadata = Object.fromEntries(entries.map(([name, value]) => [name, Buffer.from(value, 'base64')]));
  return { metadata, data: bytes.subarray(dataAt) };
}

function text(metadata: Payload['metadata'], name: string): string | undefined {
  const value = metadata?.[name];
  return value === undefined ? undefined : Buffer.from(value).toString();
}
