import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeText, readBytes } from '../../files/text.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('a byte order mark and the line breaks of any system are not part of the text', () => {
  const decoded = decodeText(Buffer.from('\uFEFFa\r\nb\rc\n'));
  assert.deepEqual(decoded, { ok: true, text: 'a\nb\nc\n' });
});

test('what is not UTF-8 is refused where it begins not to be', () => {
  const latin1 = Buffer.concat([Buffer.from('agent\nmüller\nb'), Buffer.from([0xe4]), Buffer.from('cker\n')]);
  const decoded = decodeText(latin1);
  assert.ok(!decoded.ok);
  assert.deepEqual([decoded.problem.line, decoded.problem.column], [3, 2]);
  assert.match(decoded.problem.message, /save it as UTF-8/);
});

test('UTF-16, which Excel calls Unicode text, is refused by its name', () => {
  const decoded = decodeText(Buffer.from('\uFEFFagent', 'utf16le'));
  assert.ok(!decoded.ok);
  assert.match(decoded.problem.message, /UTF-16/);
});

test('a NUL byte is refused where it stands', () => {
  const decoded = decodeText(Buffer.from('a\nbc\0'));
  assert.ok(!decoded.ok);
  assert.deepEqual([decoded.problem.line, decoded.problem.column], [2, 3]);
});

test('a file that is too large, or endless, is not read to its end', async (t) => {
  const path = join(temporaryFolder(t), 'large.csv');
  await writeFile(path, 'x'.repeat(101));
  assert.equal(await readBytes(path, 100), undefined);
  assert.equal((await readBytes(path, 101))?.length, 101);
  assert.equal(await readBytes('/dev/zero', 1_000_000), undefined);
});
