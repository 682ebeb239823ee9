import { FileProblems, type Position } from './problem.ts';
import { readYaml, type YamlPath } from './yaml.ts';

export interface JsonLine {
  line: number;
  value: unknown;
  positionOf: (path: YamlPath) => Position;
}

/** A request is four levels deep. */
const MAX_DEPTH = 20;

/** Reads one JSON value a line; blank lines are skipped. Nothing is read beyond `maxLines` values. Never throws. */
export function readJsonLines(text: string, maxLines: number): { lines: JsonLine[]; problems: FileProblems } {
  const problems = new FileProblems();
  const lines: JsonLine[] = [];
  for (const [index, content] of text.split('\n').entries()) {
    if (content.trim() === '') continue;
    const line = index + 1;
    if (lines.length + problems.count >= maxLines) {
      problems.add(line, 1, `the file has more than ${maxLines} entries; split it`);
      break;
    }
    const read = readLine(content);
    if ('message' in read) problems.addAt(() => ({ line, column: read.column() }), read.message);
    else lines.push({ line, value: read.value, positionOf: (path) => ({ line, column: columnOf(content, path) }) });
  }
  if (lines.length === 0 && problems.count === 0) problems.add(1, 1, 'the file is empty');
  return { lines, problems };
}

function readLine(content: string): { value: unknown } | { column: () => number; message: string } {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    return { column: () => columnOfError(content, error), message: 'the line is not valid JSON' };
  }
  const keys = countKeys(value, 1);
  if (keys === undefined) {
    return { column: () => 1, message: `lists and objects must not be nested deeper than ${MAX_DEPTH} levels` };
  }
  // JSON.parse keeps the last of several fields with one name, and says nothing.
  if (keys === writtenKeys(content)) return { value };
  return { column: () => firstProblemIn(content), message: 'a field is there twice in one object' };
}

/** JSON is YAML, of whose values the place is known. */
function columnOf(content: string, path: YamlPath): number {
  return readYaml(content).positionOf(path).column;
}

/** Not every version of Node says where; the YAML parser stumbles over most of it as well. */
function columnOfError(content: string, error: unknown): number {
  const position = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined;
  if (position !== undefined) return Number(position) + 1;
  if (error instanceof Error && error.message.includes('end of JSON input')) return content.length + 1;
  return firstProblemIn(content);
}

function firstProblemIn(content: string): number {
  return readYaml(content).problems.list()[0]?.column ?? 1;
}

function countKeys(value: unknown, depth: number): number | undefined {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth > MAX_DEPTH) return undefined;
  const children: unknown[] = Object.values(value);
  let sum = Array.isArray(value) ? 0 : children.length;
  for (const child of children) {
    const below = countKeys(child, depth + 1);
    if (below === undefined) return undefined;
    sum += below;
  }
  return sum;
}

/** In valid JSON a colon outside of texts follows a key. No pattern: those fail on very long texts. */
function writtenKeys(content: string): number {
  let keys = 0;
  let inText = false;
  for (let index = 0; index < content.length; index += 1) {
    const letter = content[index];
    if (letter === '"') inText = !inText;
    else if (inText && letter === '\\') index += 1;
    else if (!inText && letter === ':') keys += 1;
  }
  return keys;
}
