import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readBulkInput, type BulkFormat, type BulkItem } from '../../files/bulk-input.ts';
import type { FileProblem } from '../../files/problem.ts';
import { decodeText } from '../../files/text.ts';
import { isRequest } from './oracle.ts';
import { badJsonLines, badYaml, goodJsonLines, goodYaml } from './spoilt-documents.ts';
import { badTable, goodTable, type MadeFile } from './spoilt-table.ts';

const DEFAULTS = { requestedBy: 'default', reason: 'default' };
const BAD: readonly [BulkFormat, fc.Arbitrary<MadeFile & { fault: string }>, number][] = [
  ['csv', badTable, 4_000],
  ['yaml', badYaml, 3_000],
  ['jsonl', badJsonLines, 3_000],
];
const GOOD: readonly [BulkFormat, fc.Arbitrary<MadeFile>][] = [
  ['csv', goodTable],
  ['yaml', goodYaml],
  ['jsonl', goodJsonLines],
];

for (const [format, file, numRuns] of BAD) {
  test(`${numRuns} bad files of ${format}: each is refused whole, with line and column of what is wrong`, () => {
    fc.assert(
      fc.property(file, ({ bytes, line, fault }) => {
        const { items, problems } = read(bytes, format);
        assert.ok(problems.length > 0, `accepted: ${fault}`);
        assert.deepEqual(items, []);
        assertPlaced(problems, bytes);
        if (line !== undefined)
          assert.ok(
            problems.some((problem) => problem.line === line),
            `${fault} is in line ${line}`,
          );
      }),
      { numRuns },
    );
  });
}

for (const [format, file] of GOOD) {
  test(`a good file of ${format} is read as it was meant, however it is written`, () => {
    fc.assert(
      fc.property(file, ({ bytes, items: meant }) => {
        const { items, problems } = read(bytes, format);
        assert.deepEqual(problems, []);
        assert.deepEqual(
          items.map(({ line: _line, ...item }) => item),
          meant,
        );
      }),
      { numRuns: 500 },
    );
  });

  test(`whatever happens to the bytes of a file of ${format}, nothing is accepted that no request may be`, () => {
    let accepted = 0;
    fc.assert(
      fc.property(file, fc.nat(), fc.nat(), fc.uint8Array({ maxLength: 4 }), ({ bytes }, from, length, put) => {
        const start = from % bytes.length;
        const spoilt = Buffer.concat([bytes.subarray(0, start), put, bytes.subarray(start + (length % 4))]);
        const { items, problems } = read(spoilt, format);
        assert.equal(items.length === 0, problems.length > 0);
        assertPlaced(problems, spoilt);
        for (const { line: _line, ...item } of items) {
          assert.ok(isRequest({ ...item, requestId: 'r', tenantId: 't' }), JSON.stringify(item));
        }
        accepted += items.length > 0 ? 1 : 0;
      }),
      { numRuns: 2_000 },
    );
    assert.ok(accepted > 50, `only ${accepted} were near enough`);
  });
}

function read(bytes: Buffer, format: BulkFormat): { items: BulkItem[]; problems: FileProblem[] } {
  const decoded = decodeText(bytes);
  if (!decoded.ok) return { items: [], problems: [decoded.problem] };
  const { items, problems } = readBulkInput(decoded.text, format, DEFAULTS);
  return { items, problems: problems.list() };
}

/** Every problem points into the file, or right behind its end. */
function assertPlaced(problems: readonly FileProblem[], bytes: Buffer): void {
  const lines = bytes.toString('utf8').split(/\r\n?|\n/).length;
  for (const { line, column, message } of problems) {
    assert.ok(Number.isInteger(line) && line >= 1 && line <= lines, `${line} of ${lines}: ${message}`);
    assert.ok(Number.isInteger(column) && column >= 1, message);
    assert.ok(message.length > 5 && message.length < 2_000, message);
  }
}
