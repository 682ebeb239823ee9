import { defineQuery, setHandler, sleep } from '@temporalio/workflow';

/** Sleeps until `ms` have gone by, judged by the clock; answers how often it had to. */
export async function clockWorkflow(ms: number): Promise<number> {
  let sleeps = 0;
  setHandler(defineQuery('sleeps'), () => sleeps);
  const due = Date.now() + ms;
  while (Date.now() < due) {
    sleeps += 1;
    await sleep(due - Date.now());
  }
  return sleeps;
}
