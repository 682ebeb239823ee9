import { defineQuery, setHandler, sleep } from '@temporalio/workflow';

/** Sleeps until `ms` have gone by, judged by the clock, for `napMs` at a time; answers how often it had to. */
export async function clockWorkflow(ms: number, napMs = ms): Promise<number> {
  let sleeps = 0;
  setHandler(defineQuery('sleeps'), () => sleeps);
  const due = Date.now() + ms;
  while (Date.now() < due) {
    sleeps += 1;
    await sleep(Math.min(napMs, due - Date.now()));
  }
  return sleeps;
}
