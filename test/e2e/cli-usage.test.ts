import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { COMMANDS } from '../../client/cli/commands.ts';
import { runCommand } from '../support/command-line.ts';
import { runProgram } from '../support/program.ts';
import { startStack } from '../support/stack.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const VOICE = ['--skill', 'voice', '--level', '4', '--by', 'kim', '--reason', 'certified'] as const;
const REFUSED_HOST = 'https://demo.api.cxone.com';

test('bad input is exit 2 and names what is wrong; no run is started and the platform is asked for nothing', async (t) => {
  const s = await startStack(t, { worker: 'process' });
  const asked = s.simulator.ledger.length;
  const agent = ['--agent', s.agentId] as const;
  const broken = join(temporaryFolder(t), 'policy.json');
  writeFileSync(broken, '{"toggleLimit": 4}');
  const cases: [args: string[], named: RegExp, variables?: Record<string, string>][] = [
    [[], /a command is required/],
    [['provison', ...agent, ...VOICE], /did you mean provision/],
    [['provision', ...agent, ...VOICE, '--agnet', '4711'], /--agnet .*did you mean --agent/],
    [['status', ...agent, '--level', '4'], /--level is not known here/],
    [['provision'], /--agent is required.*--level is required.*--by is required.*--reason is required/],
    [['provision', ...agent, '--level', '4', '--by', 'kim', '--reason', 'x'], /--skill is required, or --skill-id/],
    [['provision', '--agent', '..', ...VOICE], /--agent must be/],
    [['provision', ...agent, ...VOICE, '--level', '5'], /--level is given more than once/],
    ...['0', '0.6', '5.4', '6', '-1'].map((level): [string[], RegExp] => [
      ['provision', ...agent, '--skill', 'voice', `--level=${level}`, '--by', 'kim', '--reason', 'x'],
      /--level must be/,
    ]),
    [
      ['provision', ...agent, ...VOICE.map((word) => (word === '4' ? 'four' : word))],
      /--level must be a plain decimal number/,
    ],
    [['provision', ...agent, ...VOICE, '--request-id', 'a b'], /--request-id must be/],
    [['provision', ...agent, ...VOICE, '--wait-timeout', '30'], /--wait-timeout must be a duration/],
    [['provision', ...agent, ...VOICE, '--skill-id', 'skill-voice', '--group', 'general'], /--group must not be given/],
    [['deprovision', ...agent, ...VOICE], /--level is not known here/],
    [
      ['reconcile', ...agent, '--action', 'redo', '--by', 'kim', '--note', 'x'],
      /--action must be one of retry, accept/,
    ],
    [['outcome', ...agent], /--request-id is required/],
    [['cancel', ...agent, '--by', 'kim'], /--note is required/],
    [['queue', 'now'], /unexpected argument "now"/],
    [['worker', '--fast'], /--fast is not known here/],
    [['provision', ...agent, ...VOICE], /CXONE_TENANT_ID must be one DNS label/, { CXONE_TENANT_ID: 'evil.com/' }],
    [['status', ...agent, '--tenant', 'evil.com/'], /--tenant must be one DNS label/],
    [['provision', ...agent, ...VOICE], /PROVISIONING_POLICY.*JSON/, { PROVISIONING_POLICY: '{"toggleLimit":' }],
    [['provision', ...agent, ...VOICE], /PROVISIONING_POLICY.*readable file/, { PROVISIONING_POLICY: 'missing.json' }],
    [['provision', ...agent, ...VOICE], /PROVISIONING_POLICY\.toggleLimit.* 3/, { PROVISIONING_POLICY: broken }],
    [['provision', ...agent, ...VOICE], /PROVISIONING_POLICY\.toggleGap.*500/, { CXONE_BASE_URL: REFUSED_HOST }],
    [['provision', ...agent, ...VOICE], /TEMPORAL_ADDRESS must be/, { TEMPORAL_ADDRESS: 'temporal' }],
  ];
  for (const [args, named, variables = {}] of cases) {
    const { code, json, stdout } = await s.cliWith(variables, ...args);
    assert.equal(code, 2, `${args.join(' ')}: ${stdout}`);
    assert.match(json.problem?.message ?? '', named);
  }
  const forPeople = await s.cliText('provision', ...agent, '--level', '9', '--colour', 'red');
  assert.deepEqual([forPeople.code, forPeople.stdout], [2, '']);
  assert.match(forPeople.stderr, /--colour is not known here\n.*--by is required.*\n.*--reason is required/);
  assert.match(forPeople.stderr, /--level must be/);

  assert.equal(s.simulator.ledger.length, asked);
  for await (const { workflowId } of s.temporal.workflow.list({ query: `TaskQueue = "${s.taskQueue}"` })) {
    assert.fail(`${workflowId} was started`);
  }
  await s.finish();
});

test('a worker refuses a short toggle gap for a platform that is not on loopback, too', async (t) => {
  const s = await startStack(t, { worker: 'none' });
  const worker = startWorkerProcess(t, { ...s.env, CXONE_BASE_URL: REFUSED_HOST });
  assert.equal(await worker.ended, 2);
  assert.match(worker.said(), /PROVISIONING_POLICY\.toggleGap.*500/);
  await s.finish();
});

test('flags may stand before the command', async (t) => {
  const s = await startStack(t, { worker: 'none' });
  const status = await s.cliWith({ CXONE_TENANT_ID: '' }, '--tenant', s.tenantId, '--agent', s.agentId, 'status');
  assert.deepEqual([status.code, status.json['state']], [0, 'None']);
  await s.finish();
});

test('help needs no setting, and with --json is one document', async () => {
  const all = await runProgram(['--help'], {});
  assert.deepEqual([all.code, all.stderr], [0, '']);
  for (const { name } of COMMANDS) {
    assert.match(all.stdout, new RegExp(`^  ${name} `, 'm'));
    const help = await runCommand([name, '--help'], {});
    assert.equal(help.code, 0);
    assert.match(String(help.json['help']), new RegExp(`^cxone-skills ${name} - `));
  }
});
