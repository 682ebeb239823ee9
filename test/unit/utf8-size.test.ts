import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { utf8Size } from '../../domain/utf8-size.ts';
import { isPossibleWorkflowId } from '../../domain/workflow-id.ts';

test('the size of a text is that of its UTF-8', () => {
  for (const text of ['', 'a', '\u007f\u0080', '\u07ff\u0800', '技能', '\uffff😀', '\ud800', 'x\udc00y']) {
    assert.equal(utf8Size(text), Buffer.byteLength(text), JSON.stringify(text));
  }
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => utf8Size(text) === Buffer.byteLength(text)));
});

test('a workflow id is not empty and at most 1,000 bytes long, however many characters that are', () => {
  for (const id of ['a', 'x'.repeat(1000), '技'.repeat(333)]) assert.equal(isPossibleWorkflowId(id), true);
  for (const id of ['', 'x'.repeat(1001), '技'.repeat(334)]) assert.equal(isPossibleWorkflowId(id), false);
});
