/** What somebody's name may have, in UTF-16 units, as every limit of a text. */
export const MAX_REQUESTED_BY = 200;
export const MAX_REASON = 500;

export const NOT_BLANK = /\S/;
/** One line. Half a character, a lone surrogate, does not survive UTF-8, so it would change a request's digest. */
export const ONE_LINE = /^[^\p{Cc}\p{Cs}]*$/u;

/** Whether a request takes this as words by a person. */
export function isRequestText(value: unknown, max: number): boolean {
  return typeof value === 'string' && value.length <= max && NOT_BLANK.test(value) && ONE_LINE.test(value);
}

/** The words in one line and cut to `max`, with no half of a character at the end. */
export function toRequestText(words: string, max: number): string {
  const line = words.replace(/[\p{Cc}\p{Cs}]/gu, ' ');
  return line.slice(0, max).replace(/\p{Cs}$/u, '');
}
