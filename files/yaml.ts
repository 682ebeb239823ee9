import {
  LineCounter,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type Document,
  type Node,
  type Pair,
  type YAMLError,
} from 'yaml';
import { FileProblems } from './problem.ts';

/** Keys of maps and indexes of lists, from the document down to a value. */
export type YamlPath = readonly (string | number)[];

export interface Position {
  line: number;
  column: number;
}

export interface YamlText {
  /** What the document says; undefined if it has problems. */
  value: unknown;
  /** Where a value begins; of one that is not there, the nearest that should hold it. */
  positionOf(path: YamlPath): Position;
  problems: FileProblems;
}

/** A YAML document in memory is many times as large as its text. */
export const MAX_YAML_LENGTH = 4 * 1024 * 1024;
const MAX_DEPTH = 50;

/**
 * Reads one YAML 1.2 document. Refuses what makes a file mean something else than it seems to say: anchors, aliases,
 * merge keys, tags, directives, repeated keys. Never throws.
 */
export function readYaml(text: string): YamlText {
  const problems = new FileProblems();
  const lines = new LineCounter();
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const report = (offset: number, message: string): void => {
    const { line, column } = positionAt(offset);
    problems.add(line, column, message);
  };
  const nothing: YamlText = { value: undefined, positionOf: () => ({ line: 1, column: 1 }), problems };

  if (text.length > MAX_YAML_LENGTH) {
    problems.add(1, 1, `a YAML file must be at most ${MAX_YAML_LENGTH} characters long; use CSV or JSON lines`);
    return nothing;
  }
  const document = compose(text, lines);
  if (document === 'too-deep') {
    problems.add(1, 1, `lists and maps must not be nested deeper than ${MAX_DEPTH} levels`);
    return nothing;
  }
  for (const error of document.errors) report(error.pos[0], wordingOf(error));
  if (document.directives?.yaml.explicit === true) problems.add(1, 1, 'directives (%YAML) are not allowed');
  if (document.contents === null && problems.count === 0) problems.add(1, 1, 'the file is empty');
  judge(document.contents, report);
  return {
    value: problems.count === 0 ? document.toJS({ maxAliasCount: 0 }) : undefined,
    positionOf: (path) => positionAt(offsetOf(document.contents, path)),
    problems,
  };
}

/** The parser calls itself for each level, so something endlessly deep leaves it without a stack. */
function compose(text: string, lineCounter: LineCounter): Document.Parsed | 'too-deep' {
  try {
    return parseDocument(text, {
      lineCounter,
      version: '1.2',
      schema: 'core',
      stringKeys: true,
      prettyErrors: false,
      logLevel: 'error',
      // Ours, below: the library's looks at each pair of keys, which takes minutes where there are many.
      uniqueKeys: false,
    });
  } catch (error) {
    if (error instanceof RangeError) return 'too-deep';
    throw error;
  }
}

/** Reports everything in a node and below it that is not plain data. */
function judge(root: Node | null, report: (offset: number, message: string) => void): void {
  const open: { node: unknown; depth: number }[] = [{ node: root, depth: 1 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, depth } = next;
    if (isAlias(node)) {
      report(startOf(node), 'aliases (*name) are not allowed; write the value out');
      continue;
    }
    if (!isScalar(node) && !isCollection(node)) continue;
    if (node.anchor !== undefined) report(startOf(node), 'anchors (&name) are not allowed; write the value out');
    if (node.tag !== undefined) report(startOf(node), 'tags (!name) are not allowed');
    if (!isCollection(node)) continue;
    if (depth > MAX_DEPTH) {
      report(startOf(node), `lists and maps must not be nested deeper than ${MAX_DEPTH} levels`);
      continue;
    }
    if (isMap(node)) judgeKeys(node.items, report);
    for (const item of node.items) {
      const children = isMap(node) ? [(item as Pair).key, (item as Pair).value] : [item];
      for (const child of children) open.push({ node: child, depth: depth + 1 });
    }
  }
}

function judgeKeys(pairs: readonly Pair[], report: (offset: number, message: string) => void): void {
  const seen = new Set<unknown>();
  for (const { key } of pairs) {
    if (!isScalar(key)) continue;
    if (key.value === '<<') report(startOf(key), 'merge keys (<<) are not allowed; write the fields out');
    if (seen.has(key.value)) report(startOf(key), `"${String(key.value)}" is there twice`);
    seen.add(key.value);
  }
}

function startOf(node: unknown): number {
  return (node as Partial<Node> | null)?.range?.[0] ?? 0;
}

function offsetOf(root: Node | null, path: YamlPath): number {
  let node: unknown = root;
  for (const step of path) {
    const child: unknown = isMap(node)
      ? node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
      : isSeq(node)
        ? node.items[Number(step)]
        : undefined;
    if (child === undefined) break;
    // A key without a value is where the value is missed.
    node = isMap(node) ? ((child as Pair).value ?? (child as Pair).key) : child;
  }
  return startOf(node);
}

function wordingOf({ code, message }: YAMLError): string {
  if (code === 'MULTIPLE_DOCS') return 'the file must hold one document; remove the "---" between them';
  if (code === 'NON_STRING_KEY') return 'a key must be a plain word';
  return `the YAML is not valid: ${message}`;
}
