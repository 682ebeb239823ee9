import type { Payload, PayloadCodec } from '@temporalio/common';
import type { PayloadProtection } from '../domain/payload-keys.ts';
import { bindingOf, describeBinding, isSame, quote, type Binding } from './binding.ts';
import { PayloadRefusedError } from './refusal.ts';
import { isEncrypted, open, readSealed, seal, type SealedPayload } from './seal.ts';

export interface PayloadCodecOptions {
  /** Of the connection; what the SDK names a context for has its own. */
  namespace: string;
  /** Undefined: payloads are written as they are, and encrypted ones are refused with what to do about it. */
  protection?: PayloadProtection | undefined;
  /** Told of each refusal before it is thrown. */
  onRefused?: ((refusal: PayloadRefusedError) => void) | undefined;
}

/**
 * Encrypts payloads for the workflow they belong to, and reads only those that belong where they are found. Throws
 * {@link PayloadRefusedError} for all others.
 */
export function createPayloadCodec({ namespace, protection, onRefused }: PayloadCodecOptions): PayloadCodec {
  function read(payload: Payload, place: Binding): Payload {
    try {
      return openPayload(payload, place, protection);
    } catch (error) {
      if (error instanceof PayloadRefusedError) onRefused?.(error);
      throw error;
    }
  }

  return {
    async encode(payloads, context) {
      if (protection === undefined) return payloads;
      const place = bindingOf(context, namespace);
      return payloads.map((payload) => sealPayload(payload, place, protection));
    },
    async decode(payloads, context) {
      const place = bindingOf(context, namespace);
      return payloads.map((payload) => read(payload, place));
    },
  };
}

/** Encrypts with the key that encodes. */
export function sealPayload(payload: Payload, place: Binding, { keys }: PayloadProtection): Payload {
  const key = keys.keys.get(keys.encodeWith);
  if (key === undefined) throw new Error(`there is no key ${keys.encodeWith}`);
  return seal(payload, keys.encodeWith, key, place);
}

/** Reads one payload in the place where it was found; without a place any that was sealed with one of the keys. */
export function openPayload(payload: Payload, place: Binding | undefined, protection?: PayloadProtection): Payload {
  const where = place === undefined ? 'A payload' : `A payload of ${describeBinding(place)}`;
  const found = { namespace: place?.namespace, workflowId: place?.workflowId };
  if (!isEncrypted(payload)) {
    if (protection === undefined || protection.plain === 'accept') return payload;
    const message =
      `${where} is not encrypted, and here only encrypted ones are read. Who sent it has to be given the keys ` +
      '(PROVISIONING_PAYLOAD_KEYS); PROVISIONING_PAYLOAD_PLAIN=accept reads it as it is, while keys are being introduced.';
    throw new PayloadRefusedError('plain', message, found);
  }
  const sealed = readSealed(payload);
  if (sealed === undefined) {
    const message = `${where} is encrypted in a way that is not known here.`;
    throw new PayloadRefusedError('damaged', message, found);
  }
  const key = keyOf(sealed, where, found, protection);
  if (place !== undefined && !isSame(sealed, place)) {
    const message = `${where} belongs to ${describeBinding(sealed)}. Somebody has moved it, and it is not read here.`;
    throw new PayloadRefusedError('foreign', message, { ...found, belongsTo: sealed.workflowId, keyId: sealed.keyId });
  }
  try {
    return open(sealed, key);
  } catch {
    const message =
      `${where} can't be decrypted with the key ${quote(sealed.keyId)}: it was altered or cut off, or the file of that ` +
      'key holds another one than it was encrypted with.';
    throw new PayloadRefusedError('damaged', message, { ...found, keyId: sealed.keyId });
  }
}

function keyOf(
  { keyId }: SealedPayload,
  where: string,
  found: Record<string, unknown>,
  protection: PayloadProtection | undefined,
): Uint8Array {
  const key = protection?.keys.keys.get(keyId);
  if (key !== undefined) return key;
  const encrypted = `${where} is encrypted with the key ${quote(keyId)}`;
  if (protection === undefined) {
    const message = `${encrypted}, and no keys are set here. Set PROVISIONING_PAYLOAD_KEYS.`;
    throw new PayloadRefusedError('no-keys', message, { ...found, keyId });
  }
  const known = [...protection.keys.keys.keys()].join(', ');
  const message = `${encrypted}, which is not among the keys that are known here (${known}). Add it to the file of PROVISIONING_PAYLOAD_KEYS.`;
  throw new PayloadRefusedError('unknown-key', message, { ...found, keyId });
}
