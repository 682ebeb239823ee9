import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * What only the registry and the keys of its signatures can tell. `npm ci` has checked the hashes by then, and
 * `test/unit/lockfile.test.ts` that there is one for each package.
 */
const CHECKS = [
  { what: 'signatures and provenance of the packages', args: ['audit', 'signatures'] },
  { what: 'known vulnerabilities of what is released', args: ['audit', '--omit', 'dev', '--audit-level', 'moderate'] },
];
/** What npm itself says of a call; all else may quote names and texts of packages. */
const NPM_SAYS = /^npm (?:error code|warn audit) (.*)$/gm;
/** It could not ask, or whoever it asked has no such service. Refusals and absences (401, 403, 404) are answers. */
const NOT_ASKED =
  /^E?405\b|\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT)\b/;
const FAILED = 1;
const NOT_CHECKED = 3;

/**
 * Checks one thing with npm and says what came of it.
 *
 * @param {{ what: string, args: string[] }} check
 * @param {string} [npm]
 * @returns {0 | 1 | 3} 0 checked and good, 1 bad, 3 npm could not ask.
 */
export function carryOut({ what, args }, npm = 'npm') {
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const run = spawnSync(npm, [...args, '--fetch-retries', '0'], { cwd, encoding: 'utf8' });
  const said = `${run.stdout ?? ''}${run.stderr ?? ''}${run.error?.message ?? ''}`;
  const reasons = [...said.matchAll(NPM_SAYS)].map(([, reason = '']) => reason);
  const rating = run.status === 0 ? 0 : reasons.some((reason) => NOT_ASKED.test(reason)) ? NOT_CHECKED : FAILED;
  const title = { 0: 'ok', [FAILED]: 'FAILED', [NOT_CHECKED]: 'NOT CHECKED, npm could not ask' }[rating];
  process.stdout.write(`${title}: ${what} (npm ${args.join(' ')})\n`);
  process.stdout.write(rating === 0 ? '' : `${said.trimEnd().replace(/^/gm, '    ')}\n`);
  return rating;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const ratings = CHECKS.map((check) => carryOut(check));
  process.exitCode = ratings.includes(FAILED) ? FAILED : ratings.includes(NOT_CHECKED) ? NOT_CHECKED : 0;
}
