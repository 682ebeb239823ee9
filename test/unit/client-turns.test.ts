import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTurns } from '../../client/turns.ts';

/** Callers who come at once and leave when they are told to. */
function crowd(count: number, key: (index: number) => string = () => 'agent') {
  const turns = createTurns();
  const entered: number[] = [];
  const leave: (() => void)[] = [];
  const all = Array.from({ length: count }, (_, index) =>
    turns.inTurn(key(index), async () => {
      entered.push(index);
      await new Promise<void>((resolve) => (leave[index] = resolve));
      return index;
    }),
  );
  return { all, entered, leave };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('eight callers go to one run at once, the others in the order they came', async () => {
  const { all, entered, leave } = crowd(20);
  await settle();
  assert.deepEqual(entered, [0, 1, 2, 3, 4, 5, 6, 7]);
  leave[3]?.();
  leave[5]?.();
  await settle();
  assert.deepEqual(entered.slice(8), [8, 9]);
  while (entered.length < 20) {
    for (const go of leave) go();
    await settle();
  }
  for (const go of leave) go();
  assert.deepEqual(await Promise.all(all), [...Array(20).keys()]);
});

test('callers of different agents do not wait for each other', async () => {
  const { entered } = crowd(20, (index) => `agent ${index % 3}`);
  await settle();
  assert.equal(entered.length, 20);
});

test('nobody waits longer than two seconds, and whoever gave up is not called', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { entered, leave } = crowd(10);
  await settle();
  t.mock.timers.tick(2_000);
  await settle();
  assert.equal(entered.length, 10);
  leave[0]?.();
  await settle();
  assert.equal(entered.length, 10);
});

test('a caller who fails hands the place over', async () => {
  const turns = createTurns();
  const failing = Array.from({ length: 8 }, () => turns.inTurn('agent', () => Promise.reject(new Error('no'))));
  const next = turns.inTurn('agent', () => Promise.resolve('done'));
  await Promise.allSettled(failing);
  assert.equal(await next, 'done');
});
