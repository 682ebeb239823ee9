import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../../worker/logger.ts';
import { createRedactor } from '../../domain/redactor.ts';

const SECRET = 'hunter2"ü&secret';
const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzY29wZSI6ImFnZW50czplZGl0In0.c2lnbmF0dXJl';

function openLog(level: 'debug' | 'info' = 'info') {
  const redactor = createRedactor();
  redactor.hide(SECRET);
  const lines: string[] = [];
  const logger = createLogger({ level, redactor, base: { service: 'test' }, write: (line) => lines.push(line) });
  return { redactor, lines, logger, text: () => lines.join('') };
}

test('each line is one JSON document with its level, time and fields', () => {
  const { logger, lines } = openLog();
  logger.warn('a level was refused', { given: 5.4 });
  assert.equal(lines.length, 1);
  const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  assert.deepEqual(
    [line['level'], line['msg'], line['given'], line['service']],
    ['warn', 'a level was refused', 5.4, 'test'],
  );
  assert.ok(!Number.isNaN(Date.parse(String(line['time']))));
});

test('lines under the level are not written', () => {
  const { logger, lines } = openLog('info');
  logger.debug('quiet');
  logger.log('TRACE', 'quiet');
  logger.log('ERROR', 'loud');
  assert.equal(lines.length, 1);
});

test('a secret is taken out wherever it turns up', () => {
  const { logger, text } = openLog();
  logger.info(`the secret is ${SECRET}`, { deep: { deeper: { list: [SECRET] } } });
  logger.info('in a form', { body: `client_secret=${encodeURIComponent(SECRET)}` });
  logger.error('in an error', { error: new Error(`refused ${SECRET}`, { cause: new Error(SECRET) }) });
  assert.doesNotMatch(text(), /hunter2/);
  for (const line of text().trim().split('\n')) JSON.parse(line);
});

test('what looks like a token is taken out, also one nobody told of', () => {
  const { logger, text } = openLog();
  logger.info(`got ${JWT}`, { header: 'Bearer opaque-token-123', nested: { value: `x=${JWT}` } });
  logger.info('basic', { header: 'Basic dXNlcjpwYXNzd29yZA==' });
  assert.doesNotMatch(text(), /eyJ|opaque-token|dXNlcjp/);
});

test('fields with the names of secrets are taken out whatever they hold', () => {
  const { logger, text } = openLog();
  const held = 'value-of-field';
  logger.info('top', { clientSecret: held, access_token: held });
  logger.info('deeper', { tenant: { client_secret: held, headers: { authorization: held } } });
  assert.doesNotMatch(text(), /value-of-field/);
});

test('a secret learnt later is taken out from then on', () => {
  const { logger, redactor, text } = openLog();
  redactor.hide('rotated-secret');
  logger.info('rotated-secret');
  assert.doesNotMatch(text(), /rotated-secret/);
});

test('an empty or tiny secret does not blank out everything', () => {
  const { logger, redactor, text } = openLog();
  for (const tiny of ['', 'a', 'abc']) redactor.hide(tiny);
  logger.info('abc is fine');
  assert.match(text(), /abc is fine/);
});

test('a task that could not be begun is not written down with all that it holds', () => {
  const { logger, text } = openLog();
  const task = '{"start":{"input":[{"data":"cGxhbnRlZA=="}]}}';
  const taskEncoded = Buffer.from('planted').toString('base64');
  logger.error('Error while processing ActivityTask.start: refused', { activityId: '7', task, taskEncoded });
  assert.doesNotMatch(text(), /"task|cGxhbnRlZA/);
  assert.match(text(), /ActivityTask\.start: refused/);
  assert.match(text(), /"activityId":"7"/);
});

test('an error keeps its type, message and cause', () => {
  const { logger, text } = openLog();
  logger.error('failed', { error: new TypeError('no level', { cause: new Error('no skill') }) });
  const line = JSON.parse(text()) as { error: { type: string; message: string } };
  assert.equal(line.error.type, 'TypeError');
  assert.match(line.error.message, /no level.*no skill/);
});

test('what JSON has no form for does not stop the logger', () => {
  const { logger, lines } = openLog();
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  logger.info('odd', { big: 12n, circular, nothing: undefined, fn: () => 1 });
  assert.equal(lines.length, 1);
  JSON.parse(lines[0] ?? '');
});
