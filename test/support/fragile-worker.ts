/**
 * `node --import tsx test/support/fragile-worker.ts STEP FILE`: a worker that dies by SIGKILL when its toggle reaches
 * the step, unless FILE is there already. Of several with one FILE exactly one dies, once; started again it lives.
 */
import { writeFileSync } from 'node:fs';
import { parseConfig } from '../../worker/config.ts';
import { createProvisioningWorker } from '../../worker/create-worker.ts';

const [, , step, deathNote = ''] = process.argv;
const parsed = parseConfig(process.env);
if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
const worker = await createProvisioningWorker({
  config: parsed.config,
  onToggleStep(reached) {
    if (reached === step && isFirst()) process.kill(process.pid, 'SIGKILL');
  },
});
await worker.run();

function isFirst(): boolean {
  try {
    writeFileSync(deathNote, `${process.pid}`, { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}
