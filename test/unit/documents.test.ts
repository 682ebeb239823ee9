import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';

const documents = [
  ...readdirSync('.').filter((name) => name.endsWith('.md')),
  'simulator/README.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
].map((path) => ({ path, text: readFileSync(path, 'utf8') }));

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };

test('every link in the documents leads to a file and a heading that exist', () => {
  const dead = documents.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].flatMap(([link, to = '', heading]) => {
      const target = to === '' ? path : join(dirname(path), to);
      if (!existsSync(target)) return [`${path}: ${link}`];
      return heading === undefined || headingsOf(target).includes(heading) ? [] : [`${path}: ${link}`];
    }),
  );
  assert.deepEqual(dead, []);
});

test('every file of ours that the documents name exists', () => {
  const missing = documents.flatMap(({ path, text }) =>
    [...text.matchAll(/`((?:[\w.-]+\/)+[\w.-]+\.(?:ts|mjs|js|json|sh|yaml|md))`/g)].flatMap(([, name = '']) => {
      const source = name.replace(/^dist\/(.*)\.js$/, '$1.ts');
      const isBuilt = name.startsWith('dist/') && !existsSync(source);
      return isBuilt || existsSync(source) || existsSync(join(dirname(path), source)) ? [] : [`${path}: ${name}`];
    }),
  );
  assert.deepEqual(missing, []);
});

test('every npm script that the documents name exists', () => {
  const named = documents.flatMap(({ path, text }) =>
    [...text.matchAll(/npm run (?:--silent )?([a-z][a-z:-]*)/g)].map(([, name = '']) => ({ path, name })),
  );
  assert.ok(named.length > 0);
  assert.deepEqual(
    named.filter(({ name }) => !(name in scripts)),
    [],
  );
});

/** The headings of a document, as links name them. */
function headingsOf(path: string): string[] {
  if (!path.endsWith('.md')) return [];
  return [...readFileSync(path, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}
