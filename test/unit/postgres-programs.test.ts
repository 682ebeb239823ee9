import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { findPostgres } from '../../tools/postgres-programs.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function install(folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const name of ['initdb', 'postgres', 'pg_isready']) writeFileSync(join(folder, name), '', { mode: 0o755 });
  return folder;
}

test('of several installed versions of PostgreSQL the newest is taken', (t) => {
  const debian = temporaryFolder(t);
  install(join(debian, '9', 'bin'));
  const newest = install(join(debian, '15', 'bin'));
  mkdirSync(join(debian, '17', 'bin'), { recursive: true });
  assert.equal(findPostgres(debian, ''), newest);
});

test('a PostgreSQL on the PATH is found', (t) => {
  const folder = install(join(temporaryFolder(t), 'bin'));
  assert.equal(findPostgres('/nowhere', `/nowhere/bin:${folder}`), folder);
});

test('where there is no PostgreSQL one is told what to install, or what to set', () => {
  assert.throws(() => findPostgres('/nowhere', ''), /apt-get install postgresql.*POSTGRES_URL/s);
});
