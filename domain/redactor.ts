/** Takes secrets out of text. */
export interface Redactor {
  /**
   * From now on this value is replaced wherever it turns up; if it is not `lasting`, until so many others have come since
   * that nobody uses it any more. Values that are too short would hit everything and are left.
   */
  hide(secret: string, lasting?: boolean): void;
  redact(text: string): string;
}

export interface RedactorOptions {
  /** Whether to take out what looks like a token. */
  tokens?: boolean;
  /** As many characters a secret has at least. */
  least?: number;
}

const REPLACEMENT = '[redacted]';
/** A JWT, and whatever follows `Bearer` or `Basic`. */
const TOKENS = /\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?|(?<=\b(?:Bearer|Basic) )[\w.~+/=-]{8,}/gi;
/** Shorter ones leave too few letters that are theirs alone. */
const LEAST_FOR_BASE64 = 8;
/** Tokens come and go as long as a worker runs. */
const MAX_PASSING = 200;

/**
 * Knows each secret it was told and, with `tokens`, what a token looks like. People's own words are not to be judged by
 * that: a skill may be called "Basic Training".
 */
export function createRedactor({ tokens = true, least = 4 }: RedactorOptions = {}): Redactor {
  const lasting = new Set<string>();
  /** The one that was told last is last. */
  const passing = new Set<string>();
  let forms: string[] = [];
  return {
    hide(secret, isLasting = false) {
      if (secret.length < least || lasting.has(secret)) return;
      const isKnown = passing.delete(secret);
      (isLasting ? lasting : passing).add(secret);
      if (isKnown) return;
      for (const oldest of passing) {
        if (passing.size <= MAX_PASSING) break;
        passing.delete(oldest);
      }
      // The longest first: of one that begins with another the rest would stay.
      const all = [...lasting, ...passing].flatMap(formsOf);
      forms = [...new Set(all)].sort((one, other) => other.length - one.length);
    },
    redact(text) {
      const redacted = forms.reduce((shorter, form) => shorter.replaceAll(form, REPLACEMENT), text);
      return tokens ? redacted.replace(TOKENS, REPLACEMENT) : redacted;
    },
  };
}

/** As it looks inside a JSON document, in an address, in a form, and where it was encoded alone or with others. */
function formsOf(secret: string): string[] {
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    new URLSearchParams({ s: secret }).toString().slice(2),
    ...(secret.length >= LEAST_FOR_BASE64 ? base64Forms(secret) : []),
  ];
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
