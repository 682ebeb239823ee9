import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

interface LockedPackage {
  version?: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, LockedPackage>;
};
const locked = Object.entries(packages).filter(([path]) => path !== '');

/** The paths of the packages for which this holds. */
function pathsWhere(holds: (entry: LockedPackage) => boolean): string[] {
  return locked.filter(([, entry]) => holds(entry)).map(([path]) => path);
}

test('the lockfile holds the packages of every platform, without which `npm ci` refuses it', () => {
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !(`node_modules/${name}` in packages || `${path}/node_modules/${name}` in packages),
    ),
  );
  assert.deepEqual(missing, []);
});

test('the lockfile names no registry', () => {
  assert.deepEqual(
    pathsWhere(({ resolved }) => resolved !== undefined),
    [],
  );
});

test('every package of the lockfile, of every platform, has its SHA-512', () => {
  assert.ok(locked.length > 100);
  assert.deepEqual(
    pathsWhere(({ integrity = '' }) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity)),
    [],
  );
});

test('every package comes from the registry: none is a link, a file, an address or a repository', () => {
  assert.deepEqual(
    pathsWhere(({ link, version = '' }) => link === true || !/^\d+\.\d+\.\d+(?:[-+][\w.+-]+)?$/.test(version)),
    [],
  );
  const asked = Object.values(packages).flatMap(({ dependencies = {}, optionalDependencies = {} }) =>
    Object.entries({ ...dependencies, ...optionalDependencies }),
  );
  assert.deepEqual(
    asked.filter(([, range]) => /[:/]/.test(range.replace(/^npm:@?[\w./-]+@/, ''))),
    [],
  );
});

test('no package may run a script while it is installed, neither here nor in the image', () => {
  const settings = readFileSync('.npmrc', 'utf8').split('\n');
  assert.ok(settings.includes('ignore-scripts=true'));
  const dockerfile = readFileSync('Dockerfile', 'utf8');
  assert.match(dockerfile, /^COPY .*\.npmrc.*\nRUN npm ci$/m);
  assert.doesNotMatch(dockerfile, /npm (?:install|rebuild)|ignore-scripts/);
});
