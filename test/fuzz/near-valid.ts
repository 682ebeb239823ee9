import { inspect } from 'node:util';
import fc from 'fast-check';

type Path = (string | number)[];

/** So deep that what walks it by calling itself runs out of stack. */
const DEPTH = 20_000;

export function deep(): unknown {
  let value: unknown[] = [];
  for (let level = 0; level < DEPTH; level += 1) value = [value];
  // A report of a failure could not show it either.
  return Object.defineProperty(value, fc.toStringMethod, { value: () => 'deep()' });
}

/** Values of the wrong type, of the right type and out of range, and such as trip up careless code. */
const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    ...[null, true, false, 0, -0, -1, 1, 2.5, 5, 6, 1e21, 2 ** 53, 1e-9, Number.MAX_VALUE],
    ...[
      '',
      ' ',
      '\n',
      '\0',
      '..',
      '../x',
      '%2e%2e',
      '__proto__',
      'constructor',
      'toString',
      'ACTIVE',
      '4',
      '30s',
      '1y',
    ],
    ...['0s', '499ms', '365d', '366d', '1e3s', '-1s', '30', 'ä', '\ud800', '\u2028', 'x'.repeat(64), 'x'.repeat(65)],
    ...['x'.repeat(200), 'x'.repeat(201), 'x'.repeat(500), 'x'.repeat(501), 'x'.repeat(1_001), 'x'.repeat(100_000)],
    ...[[], {}, [null], [[]], { length: 1 }, Array.from({ length: 51 }, () => ({}))],
  ),
  fc.jsonValue(),
  fc.string(),
  fc.integer({ min: -2, max: 7 }),
  fc.double(),
);

/** A copy of a document of JSON with one place changed: a value replaced, taken away, repeated, or a field too many. */
export function nearValid(documents: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc
    .tuple(fc.constantFrom(...documents), fc.nat(), fc.nat({ max: 9 }), oddValue, fieldName)
    .map(([document, place, kind, value, name]) => {
      const paths = pathsOf(document);
      const path = paths[place % paths.length] ?? [];
      return changed(document, path, kind, value, name);
    });
}

/** Anything that JSON can say, and some of it very deep. */
export const anyDocument: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 9, arbitrary: fc.jsonValue({ maxDepth: 5 }) },
  { weight: 1, arbitrary: fc.constant(null).map(deep) },
);

const fieldName = fc.oneof(
  fc.constantFrom('surprise', 'length', 'constructor', 'hasOwnProperty', 'skillId', 'policy', 'level', 'name', 'scope'),
  fc.string(),
);

function changed(document: unknown, path: Path, kind: number, value: unknown, name: string): unknown {
  if (kind === 0) return document;
  const copy = structuredClone(document);
  const last = path.at(-1);
  if (last === undefined) return kind < 8 && isFields(copy) ? withField(copy, name, value) : value;
  const parent = path.slice(0, -1).reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], copy);
  const place = parent as Record<string, unknown>;
  const old = place[last];
  if (kind === 1 && Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (kind === 1) Reflect.deleteProperty(place, last);
  else if (kind === 2 && Array.isArray(parent)) parent.push(structuredClone(old));
  else if (kind === 3 && isFields(old)) withField(old, name, value);
  else if (kind === 4) place[last] = deep();
  else if (kind === 5) place[last] = [old];
  else if (kind === 6 && typeof old === 'string') place[last] = old + inspect(value).slice(0, 10);
  else place[last] = value;
  return copy;
}

function withField(fields: Record<string, unknown>, name: string, value: unknown): Record<string, unknown> {
  return Object.assign(fields, { [name]: value });
}

function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...at, key]))];
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
