/** Knows what was sent in confidence, so that it is not taken out of an answer that repeats it. */
export interface SecretGuard {
  know(secret: string): void;
  /** Whether a text has one of the known secrets in it. */
  isIn(text: string): boolean;
}

/** A rotation and a few tokens back. */
const REMEMBERED = 8;
/** A shorter one is a word that may be in any answer. */
const LEAST_LENGTH = 8;

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
    isIn: (text) => [...known].some((secret) => text.includes(secret)),
  };
}
