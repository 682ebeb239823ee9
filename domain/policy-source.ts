import { readFileSync } from 'node:fs';
import { parsePolicy, type PolicyOptions } from './policy.schema.ts';
import type { Parsed } from './field-problem.ts';
import type { PolicyOverrides } from './policy.ts';

/**
 * Reads the value of `PROVISIONING_POLICY`: inline JSON if it starts with `{`, else the path of a JSON file. Paths of
 * problems are the policy's fields; a problem with the source as a whole has an empty path.
 */
export function loadPolicy(source: string, options: PolicyOptions): Parsed<'policy', PolicyOverrides> {
  const inline = source.trimStart().startsWith('{');
  let text = source;
  if (!inline) {
    try {
      text = readFileSync(source.trim(), 'utf8');
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
      return refused(`must be a JSON object or the path of a readable file${code}`);
    }
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refused(inline ? 'must be valid JSON' : 'must name a file that holds valid JSON');
  }
  return parsePolicy(value, options);
}

function refused(message: string): { ok: false; problems: { path: string; message: string }[] } {
  return { ok: false, problems: [{ path: '', message }] };
}
