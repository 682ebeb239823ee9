/** Knows what was sent in confidence, so that it is not taken out of an answer that repeats it. */
export interface SecretGuard {
  know(secret: string): void;
  /** The text, of a header or of JSON, with something else in place of each known secret. */
  without(text: string): string;
}

/** A rotation and a few tokens back. */
const REMEMBERED = 8;
/** A shorter one is a word that may be in any answer. */
const LEAST_LENGTH = 8;
/** No error code, entity tag or id looks like this. */
const REPLACEMENT = '[a secret]';

export function createSecretGuard(): SecretGuard {
  const known = new Set<string>();
  return {
    know(secret) {
      if (secret.length < LEAST_LENGTH) return;
      known.delete(secret);
      known.add(secret);
      const [oldest] = known;
      if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest);
    },
    without(text) {
      let rest = text;
      for (const secret of known) {
        rest = rest.replaceAll(secret, REPLACEMENT).replaceAll(JSON.stringify(secret).slice(1, -1), REPLACEMENT);
      }
      return rest;
    },
  };
}
