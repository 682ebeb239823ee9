import { readFileSync } from 'node:fs';

/** The version in package.json, which is one folder up from the sources and two up from what is built of them. */
export function readVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Record<
        string,
        unknown
      >;
      if (name === 'skill-provisioner' && typeof version === 'string') return version;
    } catch {
      // Not there: the next one.
    }
  }
  return '0.0.0';
}
