import { BROKEN_BUILDS } from './broken-builds.ts';
import { runCampaign } from './campaign.ts';
import { commandOf, HELP, parseOptions, type CampaignOptions } from './options.ts';
import { describeCampaign, isSound } from './report.ts';
import { DefaultLogger, Runtime } from '@temporalio/worker';

Runtime.install({ logger: new DefaultLogger('ERROR') });
const say = (line: string): void => void process.stderr.write(`${line}\n`);

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') process.stdout.write(HELP);
  else if (options.broken === undefined) await runSound(options);
  else await runBroken(options);
} catch (error) {
  say(error instanceof TypeError ? `${error.message}\n\n${HELP}` : String(error));
  process.exitCode = 2;
}
// Calls of the library that were given up may still have a retry planned.
process.exit();

async function runSound(options: CampaignOptions): Promise<void> {
  const report = await runCampaign(options, say);
  process.stdout.write(`${describeCampaign(report)}\n`);
  if (isSound(report)) return;
  say(`The evidence is in ${options.evidence}; move it before you draw the same lots again:\n${commandOf(options)}`);
  process.exitCode = 1;
}

/** A broken build has to be noticed by the invariant that it violates. */
async function runBroken(options: CampaignOptions): Promise<void> {
  const names = options.broken === 'all' ? Object.keys(BROKEN_BUILDS) : [options.broken ?? ''];
  for (const name of names) {
    const evidence = `test-evidence/faults-${options.seed}-${name}`;
    const { invariants } = await runCampaign({ ...options, broken: name, evidence }, () => undefined);
    const { invariant, what } = BROKEN_BUILDS[name] ?? { invariant: 'I1', what: '' };
    const { violations } = invariants[invariant];
    process.stdout.write(`${name}: ${what}: ${invariant} ${violations.length > 0 ? 'notices' : 'DOES NOT NOTICE'}\n`);
    if (violations[0] !== undefined) process.stdout.write(`  ${violations[0]}\n`);
    else process.exitCode = 1;
  }
}
