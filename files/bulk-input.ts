import { parseRequest } from '../domain/request.schema.ts';
import type { ProvisionRequest, SkillRef } from '../domain/request.ts';
import { readBulkTable } from './bulk-table.ts';
import type { Candidate } from './candidate.ts';
import { readJsonLines } from './json-lines.ts';
import type { FileProblems, Position } from './problem.ts';
import { readYaml } from './yaml.ts';

/** One request as a file has it; ids are made later. */
export type BulkItem = Pick<ProvisionRequest, 'agentId' | 'changes' | 'requestedBy' | 'reason' | 'ticket'> & {
  /** Where it begins in the file. */
  line: number;
};

/** What holds for each request that does not say it itself. */
export interface BulkDefaults {
  requestedBy: string;
  reason: string;
  ticket?: string;
}

export type BulkFormat = 'csv' | 'yaml' | 'jsonl';

/** As many requests as one bulk is tested with. */
export const MAX_ITEMS = 50_000;
const FIELDS = ['agentId', 'changes', 'requestedBy', 'reason', 'ticket'];

/**
 * Reads requests from a file's text: a table with one change a row, a YAML list, or one JSON object a line. Never
 * throws. With any problem there are no items: a file is taken whole or not at all.
 */
export function readBulkInput(
  text: string,
  format: BulkFormat,
  defaults: BulkDefaults,
): { items: BulkItem[]; problems: FileProblems } {
  const { candidates, problems } = readCandidates(text, format);
  return { items: takeItems(candidates, defaults, problems), problems };
}

/** The requests of a file; none if there is any problem. */
export function takeItems(candidates: Iterable<Candidate>, defaults: BulkDefaults, problems: FileProblems): BulkItem[] {
  const items: BulkItem[] = [];
  const seen = new Map<string, number>();
  for (const candidate of candidates) {
    const item = toItem(candidate, defaults, problems);
    if (item === undefined) continue;
    items.push(item);
    reportRepeated(item, candidate, seen, problems);
  }
  return problems.count === 0 ? items : [];
}

function readCandidates(text: string, format: BulkFormat): { candidates: Iterable<Candidate>; problems: FileProblems } {
  switch (format) {
    case 'csv':
      return readBulkTable(text, MAX_ITEMS);
    case 'yaml':
      return readBulkList(text);
    case 'jsonl': {
      const { lines, problems } = readJsonLines(text, MAX_ITEMS);
      const candidates = lines.map(({ line, value, positionOf }) => ({
        value,
        line,
        positionOf: (path: string) => positionOf(path.split('.')),
        wordingOf: inFields,
      }));
      return { candidates, problems };
    }
  }
}

function readBulkList(text: string): { candidates: Candidate[]; problems: FileProblems } {
  const { value, positionOf, problems } = readYaml(text);
  if (problems.count > 0) return { candidates: [], problems };
  if (!Array.isArray(value) || value.length === 0) {
    problems.add(1, 1, 'the file must be a list of requests, each beginning with "- agentId:"');
    return { candidates: [], problems };
  }
  if (value.length > MAX_ITEMS) {
    problems.add(positionOf([MAX_ITEMS]).line, 1, `the file has more than ${MAX_ITEMS} entries; split it`);
    return { candidates: [], problems };
  }
  const candidates = value.map((entry: unknown, index) => ({
    value: entry,
    line: positionOf([index]).line,
    positionOf: (path: string) => positionOf([index, ...path.split('.')]),
    wordingOf: inYaml,
  }));
  return { candidates, problems };
}

/** A field's name and what is wrong with it. */
export function inFields(path: string, message: string): string {
  return path === '' ? message : `${path} ${message}`;
}

/** An id of digits is a number in YAML unless it is quoted. */
function inYaml(path: string, message: string): string {
  const hint = message === 'must be of type string, not number' ? '; put it in quotes' : '';
  return `${inFields(path, message)}${hint}`;
}

function toItem(candidate: Candidate, defaults: BulkDefaults, problems: FileProblems): BulkItem | undefined {
  const { value, line } = candidate;
  const before = problems.count;
  const report = (path: string, message: string): void => {
    problems.addAt(() => candidate.positionOf(path), candidate.wordingOf(path, message));
  };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    report('', 'a request must be an object with agentId and changes');
    return undefined;
  }
  for (const name of Object.keys(value)) {
    if (!FIELDS.includes(name)) report(name, `is not known here; allowed are ${FIELDS.join(', ')}`);
  }
  if (problems.count > before) return undefined;
  // The ids are placeholders; both are made where the bulk is submitted.
  const parsed = parseRequest({ ...defaults, ...value, requestId: 'none', tenantId: 'none' });
  if (!parsed.ok) {
    for (const { path, message } of parsed.problems) report(path, message);
    return undefined;
  }
  const { agentId, changes, requestedBy, reason, ticket } = parsed.request;
  return { line, agentId, changes, requestedBy, reason, ...(ticket === undefined ? {} : { ticket }) };
}

/** Two wishes about one skill of one agent: which of them is meant? */
function reportRepeated(
  { agentId, changes, line }: BulkItem,
  candidate: Candidate,
  seen: Map<string, number>,
  problems: FileProblems,
): void {
  for (const [index, { skill }] of changes.entries()) {
    const key = JSON.stringify([agentId, ...keyOf(skill)]);
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, line);
      continue;
    }
    const place = (): Position => candidate.positionOf(`changes.${index}.skill`);
    problems.addAt(place, `agent ${agentId} has this skill in line ${first} already`);
  }
}

function keyOf(skill: SkillRef): (string | undefined)[] {
  return 'skillId' in skill ? [skill.skillId] : [skill.name.trim(), skill.skillGroup?.trim()];
}
