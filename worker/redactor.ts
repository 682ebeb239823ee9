/** Takes secrets out of text. */
export interface Redactor {
  /** From now on this value is replaced wherever it turns up. Values shorter than 4 characters would hit everything. */
  hide(secret: string): void;
  redact(text: string): string;
}

const REPLACEMENT = '[redacted]';
/** A JWT, and whatever follows `Bearer` or `Basic`. */
const TOKENS = /\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?|(?<=\b(?:Bearer|Basic) )[\w.~+/=-]{8,}/gi;

/** Knows what a token looks like, and each secret it was told. */
export function createRedactor(): Redactor {
  const secrets = new Set<string>();
  return {
    hide(secret) {
      if (secret.length < 4) return;
      secrets.add(secret);
      // As it looks inside a JSON document, and in a form.
      secrets.add(JSON.stringify(secret).slice(1, -1));
      secrets.add(encodeURIComponent(secret));
    },
    redact(text) {
      let redacted = text;
      for (const secret of secrets) redacted = redacted.replaceAll(secret, REPLACEMENT);
      return redacted.replace(TOKENS, REPLACEMENT);
    },
  };
}
