import { readFileSync } from 'node:fs';
import { setVariables, type Environment } from './environment.ts';
import type { Redactor } from './redactor.ts';

const OURS = /^(?:CXONE|TEMPORAL|AUDIT|PROVISIONING|PAYLOAD|SHIFT|POSTGRES|PG)/;
const SECRET_NAME = /(?:SECRET|KEY|KEYS|TOKEN|PASSWORD|_KEY_DATA)(?:_FILE)?$/;
const URL_NAME = /_(?:URL|ADDRESS)(?:_FILE)?$/;
/** No secret is longer; who names a larger file by mistake shall not wait for it to be searched for. */
const MAX_LENGTH = 65_536;
/** Of a key of several lines each is as telling as the whole. */
const LEAST_LINE = 16;

/**
 * Hides every secret that the environment holds or names a file of, by the names of the variables, whether this program
 * uses it or not: what is wrong with settings is said before they are understood.
 */
export function hideSecretsOf(env: Environment, redactor: Redactor): void {
  for (const [name, value] of Object.entries(setVariables(env))) {
    if (!OURS.test(name)) continue;
    const content = name.endsWith('_FILE') ? contentOf(value) : value;
    if (SECRET_NAME.test(name)) hideText(content, redactor);
    if (URL_NAME.test(name)) hidePassword(content, redactor);
  }
}

function hideText(text: string, redactor: Redactor): void {
  redactor.hide(text.trim());
  const lines = text.split('\n').map((line) => line.trim());
  if (lines.length < 2) return;
  for (const line of lines) if (line.length >= LEAST_LINE && !line.startsWith('-----')) redactor.hide(line);
}

/** What stands between user and host, also of an address that is none. */
function hidePassword(text: string, redactor: Redactor): void {
  const [, password = ''] = /^[^@]*?[^:/@]+:([^/].*)@[^@]*$/s.exec(text.trim()) ?? [];
  redactor.hide(password);
  try {
    redactor.hide(decodeURIComponent(password));
  } catch {
    // Not encoded, then.
  }
}

function contentOf(path: string): string {
  try {
    const content = readFileSync(path, 'utf8');
    return content.length > MAX_LENGTH ? '' : content;
  } catch {
    return '';
  }
}
