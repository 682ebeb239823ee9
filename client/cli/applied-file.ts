import { closeSync, existsSync, fstatSync, fsyncSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { z } from 'zod';
import type { RequestOutcome } from '../../domain/outcome.ts';
import type { AppliedRequest } from '../code/applied.ts';
import { NotAppliedError } from '../code/errors.ts';
import { InvalidFileError } from './input-file.ts';

/** What an apply has done, beside its plan: a line for each request before it is submitted, and one with its outcome. */
export interface AppliedFile {
  path: string;
  /** On stable storage when it returns. */
  keep(request: AppliedRequest): void;
  /** What was kept of this agent is taken back. */
  forget(agentId: string): void;
  close(): void;
}

const line = z.union([
  z.strictObject({
    plan: z.string(),
    agentId: z.string(),
    requestId: z.string(),
    steps: z.array(
      z.strictObject({
        skillId: z.string(),
        name: z.string().exactOptional(),
        skillGroup: z.string().exactOptional(),
        from: z.int(),
        to: z.int(),
      }),
    ),
    outcome: z.custom<RequestOutcome>((value) => typeof value === 'object' && value !== null).exactOptional(),
  }),
  z.strictObject({ plan: z.string(), agentId: z.string(), rolledBack: z.literal(true) }),
]);
type Line = z.output<typeof line>;

/** How every line begins; inside a text its quotes would be escaped. */
const BEGINNING = '{"plan":"';

function pathFor(planPath: string): string {
  return `${planPath}.applied.jsonl`;
}

/** Goes on after what is there: an apply that was broken off is repeated. */
export function openAppliedFile(planPath: string, plan: string): AppliedFile {
  const path = pathFor(planPath);
  let file: number;
  try {
    file = openSync(path, 'a+', 0o600);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    throw new InvalidFileError(path, `can't be written (${code})`);
  }
  let isTorn = !endsWithNewline(file);
  const append = (content: Line): void => {
    const bytes = Buffer.from(`${isTorn ? '\n' : ''}${JSON.stringify(content)}\n`);
    isTorn = true;
    for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
    fsyncSync(file);
    isTorn = false;
  };
  return {
    path,
    keep: (request) => append({ plan, ...request }),
    forget: (agentId) => append({ plan, agentId, rolledBack: true }),
    close: () => closeSync(file),
  };
}

/** What is known of applies of this plan and not taken back yet. Throws `NotAppliedError`, {@link InvalidFileError}. */
export function readAppliedFile(planPath: string, plan: string): AppliedRequest[] {
  const path = pathFor(planPath);
  if (!existsSync(path)) {
    throw new NotAppliedError(`There is no ${path}, so nobody knows what an apply of this plan has changed.`);
  }
  const lines = readFileSync(path, 'utf8').split('\n');
  const requests = new Map<string, AppliedRequest>();
  for (const [index, text] of lines.entries()) {
    const parsed = line.safeParse(parseJson(text));
    if (!parsed.success) {
      // Torn by a crash: what it would have told of was not begun, or is asked for again.
      if (text.trim() === '' || index === lines.length - 1 || isTornLine(text)) continue;
      throw new InvalidFileError(path, 'is not what apply has left', [
        { line: index + 1, column: 1, message: 'this is no line of it' },
      ]);
    }
    if (parsed.data.plan !== plan) continue;
    if ('rolledBack' in parsed.data) {
      for (const [id, { agentId }] of requests) if (agentId === parsed.data.agentId) requests.delete(id);
    } else {
      const { plan: _plan, ...request } = parsed.data;
      requests.set(request.requestId, request);
    }
  }
  return [...requests.values()];
}

function endsWithNewline(file: number): boolean {
  const { size } = fstatSync(file);
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  readSync(file, last, 0, 1, size - 1);
  return last.toString() === '\n';
}

/** The beginning of a line, and of no other line after it. */
function isTornLine(text: string): boolean {
  const isBegun = text.startsWith(BEGINNING) || BEGINNING.startsWith(text);
  return isBegun && !text.includes(BEGINNING, 1) && parseJson(text) === undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
