/** A piece of a page: text that is markup, and not to be escaped again. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Markup | string | number | undefined | readonly Part[];

/**
 * Markup with values in it. Whatever is not made by this function itself is text, and stays text: `<` can't become a tag,
 * nor `"` end an attribute, as long as attributes are quoted.
 */
export function markup(literals: TemplateStringsArray, ...values: readonly Part[]): Markup {
  return new Markup(literals.reduce((text, literal, index) => text + toText(values[index - 1]) + literal));
}

function toText(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(toText).join('');
  return escaped(String(part));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Control characters, and those that turn the direction of writing around, are shown as a blank box. */
function escaped(text: string): string {
  return text
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
    .replaceAll(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\u2423');
}
