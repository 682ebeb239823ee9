import { readFileSync } from 'node:fs';
import { setVariables, type Environment } from './environment.ts';
import type { Redactor } from './redactor.ts';

const OURS = /^(?:CXONE|TEMPORAL|AUDIT|PROVISIONING|CODEC_SERVER|POSTGRES)_/;
/** Variables that hold a secret, and those that name its file. */
const HOLDS_SECRET = /(?:SECRET|API_KEY|TOKEN|PASSWORD|KEY_DATA)$/;
const NAMES_SECRET = /(?:SECRET|KEY|TOKEN|PASSWORD)_(?:FILE|PATH)$/;
/** Addresses, which may have a password in them. */
const HOLDS_ADDRESS = /_(?:URL|ADDRESS)$/;
const NAMES_ADDRESS = /_URL_FILE$/;
/** No secret is longer. */
const MAX_LENGTH = 65_536;
/** Of a key of several lines each is as telling as the whole. */
const LEAST_LINE = 16;

/**
 * Hides every secret that the environment holds or names a file of, by the names of the variables, whether the program
 * uses it or not: what is wrong with settings is said before they are understood.
 */
export function hideSecretsOf(env: Environment, redactor: Redactor): void {
  for (const [name, value] of Object.entries(setVariables(env))) {
    if (!OURS.test(name)) continue;
    if (HOLDS_SECRET.test(name)) hideText(value, redactor);
    else if (NAMES_SECRET.test(name)) hideText(contentOf(value), redactor);
    else if (HOLDS_ADDRESS.test(name)) hidePassword(value, redactor);
    else if (NAMES_ADDRESS.test(name)) hidePassword(contentOf(value), redactor);
  }
}

function hideText(text: string, redactor: Redactor): void {
  redactor.hide(text.trim(), true);
  const lines = text.split('\n').map((line) => line.trim());
  if (lines.length < 2) return;
  for (const line of lines) if (line.length >= LEAST_LINE && !line.startsWith('-----')) redactor.hide(line, true);
}

/** What stands between the user's name and the last `@`, also in an address that is none. */
function hidePassword(address: string, redactor: Redactor): void {
  const before = address.slice(0, Math.max(0, address.lastIndexOf('@'))).replace(/^[a-z][a-z0-9+.-]*:?\/\//i, '');
  const password = before.includes(':') ? before.slice(before.indexOf(':') + 1) : '';
  redactor.hide(password, true);
  try {
    redactor.hide(decodeURIComponent(password), true);
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
