import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** What the first link of a chain names as the hash of the one before it. */
export const NO_HASH = '0'.repeat(64);

/**
 * The canonical JSON of a value by RFC 8785: one sequence of bytes whatever the order of its members.
 *
 * @throws Error for what has none: numbers that are none or endless, strings that are no Unicode.
 */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new Error('this is not JSON');
  return text;
}

/** The SHA-256 of a text's UTF-8 in lower-case hexadecimal digits. */
export function sha256Hex(text: string): string {
  return hash('sha256', text, 'hex');
}
