import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { parse } from 'yaml';
import { TEMPORAL_VARIABLES } from '../../domain/temporal-config.ts';
import { WORKER_VARIABLES } from '../../worker/config.ts';

interface Service {
  image?: string;
  build?: string;
  ports?: string[];
  volumes?: string[];
  entrypoint?: string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, unknown>;
  network_mode?: string;
}

const compose = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};
const services = Object.entries(compose.services);
const dockerfile = readFileSync('Dockerfile', 'utf8');

test('every port of the composed set is bound to the loopback interface', () => {
  const ports = services.flatMap(([, service]) => service.ports ?? []);
  assert.ok(ports.length > 0);
  assert.deepEqual(
    ports.filter((port) => !port.startsWith('127.0.0.1:')),
    [],
  );
});

test('every image from elsewhere is pinned to a version', () => {
  const foreign = services.filter(([, { build }]) => build === undefined).map(([, { image }]) => image ?? 'none');
  assert.ok(foreign.length > 0);
  assert.deepEqual(
    foreign.filter((image) => !/:\d/.test(image)),
    [],
  );
});

test('every file that is mounted exists, and every volume is declared', () => {
  for (const [name, service] of services) {
    for (const source of (service.volumes ?? []).map((volume) => volume.split(':')[0] ?? '')) {
      const known = source.startsWith('./') ? existsSync(source) : source in compose.volumes;
      assert.ok(known, `${name} mounts ${source}`);
    }
  }
});

test('services refer only to services that exist', () => {
  for (const [name, { depends_on: dependencies = {}, network_mode: network = '' }] of services) {
    const named = [...Object.keys(dependencies), ...(network.startsWith('service:') ? [network.slice(8)] : [])];
    for (const other of named) assert.ok(other in compose.services, `${name} refers to ${other}`);
  }
});

test('what the containers run is built from files that exist', () => {
  const programs = services
    .filter(([, { build }]) => build !== undefined)
    .map(([, { entrypoint }]) => entrypoint?.[1] ?? 'bin/cxone-skills.js');
  assert.ok(programs.includes('dist/simulator/main.js'));
  for (const program of programs) {
    assert.ok(existsSync(program.replace(/^dist\/(.*)\.js$/, '$1.ts')), program);
  }
  assert.match(dockerfile, /^ENTRYPOINT \["node", "bin\/cxone-skills\.js"\]$/m);
});

test('the worker gets only variables that it knows', () => {
  const known = new Set([...Object.keys(WORKER_VARIABLES), ...Object.keys(TEMPORAL_VARIABLES)]);
  const given = Object.keys(compose.services['worker']?.environment ?? {});
  assert.ok(given.length > 0);
  assert.deepEqual(
    given.filter((name) => !known.has(name)),
    [],
  );
});

test('the build context holds every folder that is compiled', () => {
  const { include } = JSON.parse(readFileSync('tsconfig.build.json', 'utf8')) as { include: string[] };
  const admitted = readFileSync('.dockerignore', 'utf8').split('\n');
  assert.deepEqual(
    include.filter((folder) => !admitted.includes(`!${folder}`)),
    [],
  );
});
