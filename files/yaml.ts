import {
  CST,
  Composer,
  Lexer,
  LineCounter,
  Parser,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Document,
  type Node,
  type Pair,
  type YAMLError,
} from 'yaml';
import { FileProblems, type Position } from './problem.ts';

/** Keys of maps and indexes of lists, from the document down to a value. */
export type YamlPath = readonly (string | number)[];

export interface YamlText {
  /** What the document says; undefined if it has problems. */
  value: unknown;
  /** Where a value begins; of one that is not there, the nearest that should hold it. */
  positionOf(path: YamlPath): Position;
  problems: FileProblems;
}

/** A YAML document in memory is many times as large as its text. */
export const MAX_YAML_LENGTH = 2 * 1024 * 1024;
const MAX_DEPTH = 50;
/** What the lexer adds to the text. */
const MARKERS: readonly string[] = [CST.DOCUMENT, CST.FLOW_END, CST.SCALAR];

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
  const parsed = parse(text, lines);
  if ('tooDeepAt' in parsed) {
    report(parsed.tooDeepAt, `lists and maps must not be nested deeper than ${MAX_DEPTH} levels`);
    return nothing;
  }
  const { tokens } = parsed;
  const [document, second] = compose(tokens, text.length);
  if (second !== undefined)
    report(second.range[0], 'the file must hold one document; remove the "---" before this one');
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

/** What comes after this calls itself for each level, which could end Node itself. */
function parse(text: string, lines: LineCounter): { tokens: CST.Token[] } | { tooDeepAt: number } {
  const inBrackets = offsetOfDeepBracket(text);
  const tokens = [...new Parser(lines.addNewLine).parse(text.slice(0, inBrackets))];
  const tooDeepAt = inBrackets ?? offsetOfDeepToken(tokens);
  return tooDeepAt === undefined ? { tokens } : { tooDeepAt };
}

/** Found before anything is built: a million brackets would take a gigabyte. The same goes for `- - - -`. */
function offsetOfDeepBracket(text: string): number | undefined {
  let offset = 0;
  let brackets = 0;
  let onLine = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (lexeme === '[' || lexeme === '{') brackets += 1;
    else if (lexeme === ']' || lexeme === '}') brackets -= 1;
    else if (lexeme === '\n') onLine = 0;
    else if (brackets === 0 && ['-', '?', ':'].includes(lexeme)) onLine += 1;
    if (brackets + onLine > MAX_DEPTH) return offset;
    if (!MARKERS.includes(lexeme)) offset += lexeme.length;
  }
  return undefined;
}

function offsetOfDeepToken(tokens: readonly CST.Token[]): number | undefined {
  const open: { token: CST.Token | null | undefined; depth: number }[] = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (token?.type === 'document') open.push({ token: token.value, depth: 1 });
    if (!CST.isCollection(token)) continue;
    if (depth > MAX_DEPTH) return token.offset;
    for (const { key, value } of token.items) {
      open.push({ token: key, depth: depth + 1 }, { token: value, depth: depth + 1 });
    }
  }
  return undefined;
}

/** The first document, and the one after it if there is one. */
function compose(tokens: readonly CST.Token[], length: number): [Document.Parsed, Document.Parsed | undefined] {
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    stringKeys: true,
    // Ours, below: the library's looks at each pair of keys, which takes minutes where there are many.
    uniqueKeys: false,
  });
  const [first, second] = composer.compose(tokens, true, length);
  return [first as Document.Parsed, second];
}

/** Reports everything in a node and below it that is not plain data. */
function judge(root: Node | null, report: (offset: number, message: string) => void): void {
  const open: unknown[] = [root];
  while (open.length > 0) {
    const node = open.pop();
    if (isAlias(node)) {
      report(startOf(node), 'aliases (*name) are not allowed; write the value out');
      continue;
    }
    if (!isScalar(node) && !isCollection(node)) continue;
    if (node.anchor !== undefined) report(startOf(node), 'anchors (&name) are not allowed; write the value out');
    if (node.tag !== undefined) report(startOf(node), 'tags (!name) are not allowed');
    if (!isCollection(node)) continue;
    if (isMap(node)) judgeKeys(node.items, report);
    // Backwards, so that the first is looked at first.
    for (const item of node.items.toReversed()) {
      if (isMap(node)) open.push((item as Pair).value, (item as Pair).key);
      else open.push(item);
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
  if (code === 'NON_STRING_KEY') return 'a key must be a plain word';
  return `the YAML is not valid: ${message}`;
}
