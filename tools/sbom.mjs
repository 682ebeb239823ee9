import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {object} Component
 * @property {string} bom-ref
 * @property {string} name
 * @property {string} version
 * @property {unknown[]} [hashes]
 * @property {{ name: string, value: string }[]} [properties]
 */
/**
 * @typedef {object} Bill
 * @property {{ component: { name: string } }} metadata
 * @property {Component[]} components
 * @property {{ ref: string, dependsOn?: string[] }[]} dependencies
 */

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * The bill of materials of what is released, as CycloneDX: every package of the lockfile but those for development, of
 * all platforms, with its hash. Needs no network.
 *
 * @returns {Bill}
 * @throws when `npm sbom` fails.
 */
export function billOfMaterials() {
  const asked = ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'application'];
  /** @type {Bill} */
  const bill = JSON.parse(execFileSync('npm', asked, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }));
  const released = releasedPackages();
  // `--omit dev` would also leave out what development and release have in common: nearly all, Temporal's SDK with it.
  bill.components = bill.components.filter((component) => released.has(component['bom-ref']));
  for (const component of bill.components) {
    component.properties = (component.properties ?? []).filter(({ name }) => name !== 'cdx:npm:package:development');
  }
  bill.metadata.component.name = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).name;
  const left = new Set(bill.components.map((component) => component['bom-ref']));
  bill.dependencies = bill.dependencies
    .filter(({ ref }, index) => index === 0 || left.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((other) => left.has(other)) }));
  return bill;
}

/**
 * Every `name@version` of the lockfile that is not for development alone. The same version may be there twice, once for
 * each; of the two npm shows one.
 */
function releasedPackages() {
  /** @type {Record<string, { version: string, dev?: boolean }>} */
  const packages = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const released = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  return new Set(released.map(([path, { version }]) => `${path.replace(/^.*node_modules\//, '')}@${version}`));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const bill = billOfMaterials();
  writeFileSync(join(root, 'sbom.cdx.json'), `${JSON.stringify(bill, null, 2)}\n`);
  process.stderr.write(`sbom.cdx.json: ${bill.components.length} packages\n`);
}
