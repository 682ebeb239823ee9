/** Takes secrets out of text. */
export interface Redactor {
  /** From now on this value is replaced wherever it turns up. Values shorter than 4 characters would hit everything. */
  hide(secret: string): void;
  redact(text: string): string;
}

const REPLACEMENT = '[redacted]';
/** A JWT, and whatever follows `Bearer` or `Basic`. */
const TOKENS = /\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?|(?<=\b(?:Bearer|Basic) )[\w.~+/=-]{8,}/gi;
/** Shorter ones leave too few letters that are theirs alone. */
const LEAST_FOR_BASE64 = 8;

/**
 * Knows each secret it was told and, with `tokens`, what a token looks like. People's own words are not to be judged by
 * that: a skill may be called "Basic Training".
 */
export function createRedactor({ tokens = true } = {}): Redactor {
  const secrets = new Set<string>();
  return {
    hide(secret) {
      if (secret.length < 4) return;
      // As it looks inside a JSON document, in an address, in a form, and where it was encoded alone or with others.
      secrets.add(secret);
      secrets.add(JSON.stringify(secret).slice(1, -1));
      secrets.add(encodeURIComponent(secret));
      secrets.add(new URLSearchParams({ s: secret }).toString().slice(2));
      if (secret.length >= LEAST_FOR_BASE64) for (const form of base64Forms(secret)) secrets.add(form);
    },
    redact(text) {
      let redacted = text;
      for (const secret of secrets) redacted = redacted.replaceAll(secret, REPLACEMENT);
      return tokens ? redacted.replace(TOKENS, REPLACEMENT) : redacted;
    },
  };
}

/** Within a longer text it begins at any of three places in a group of letters; those it shares are left out. */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return (['base64', 'base64url'] as const).flatMap((encoding) =>
    [0, 1, 2].map((before) => {
      const encoded = Buffer.concat([Buffer.alloc(before), bytes])
        .toString(encoding)
        .replace(/=+$/, '');
      const isWhole = (before + bytes.length) % 3 === 0;
      return encoded.slice(before === 0 ? 0 : before + 1, isWhole ? undefined : -1);
    }),
  );
}
