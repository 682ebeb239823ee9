import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startStack, type Stack } from '../support/stack.ts';

const ASKED = ['--by', 'kim', '--reason', 'certified', '--ticket', 'OPS-9'] as const;

function provision(s: Stack) {
  return s.cli('provision', '--agent', s.agentId, '--skill', 'voice', '--level', '4', ...ASKED);
}

/** The text that the Web UI shows as the run's current details. */
async function currentDetails(s: Stack): Promise<string> {
  const metadata = await s.temporal.workflow
    .getHandle(s.workflowId)
    .query<{ currentDetails?: string }>('__temporal_workflow_metadata');
  return metadata.currentDetails ?? '';
}

/** The commands in the text, by action, as a person would copy them. */
function commandsIn(details: string): Map<string, string> {
  const commands = [...details.matchAll(/`(cxone-skills [^`]+)`/g)].map(([, command = '']) => command);
  return new Map(commands.map((command) => [/--action (\w+)/.exec(command)?.[1] ?? '', command]));
}

/** Runs a command as it is shown, with the two placeholders filled in. */
function runShown(s: Stack, command: string) {
  const filled = command.replace('YOUR NAME', 'Lee Doe').replace('WHY', 'looked at it');
  const [program, ...args] = [...filled.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
  assert.equal(program, 'cxone-skills');
  return s.cli(...args);
}

const RESULTS = { retry: 'provisioned', accept: 'accepted', rollback: 'rolled-back', abandon: 'abandoned' };

for (const [action, status] of Object.entries(RESULTS)) {
  test(`a person reads what happened and what to do, and the command shown for ${action} works as it stands`, async (t) => {
    const s = await startStack(t, { worker: 'process' });
    s.simulator.disturbRouting(s.agentId, { never: true });
    const { json } = await provision(s);
    const details = await currentDetails(s);
    assert.match(details, new RegExp(`^# Agent ${s.agentId} needs a person\n`));
    assert.match(details, /The agent is in the queue: AVAILABLE, as last read at \d{4}-/);
    assert.match(details, new RegExp(`## Request ${String(json['requestId'])}: routing-not-synchronised\n`));
    assert.match(details, /The directory shows the change, routing does not: skill-voice, after 3 toggles and 1500ms/);
    assert.match(details, /Asked by kim \(certified, OPS-9\); waits since \d{4}-/);
    assert.match(
      details,
      /\| skill \| asked \| directory \| routing \|\n\|-.*\n\| .*voice.* \| 4 \| 4 \| not assigned \|\n/,
    );
    const commands = commandsIn(details);
    assert.deepEqual([...commands.keys()], Object.keys(RESULTS));
    for (const shown of commands.keys()) assert.match(details, new RegExp(`^\\*\\*${shown}\\*\\*: \\w`, 'm'));

    s.simulator.disturbRouting(s.agentId, { never: false });
    const done = await runShown(s, commands.get(action) ?? '');
    assert.deepEqual(
      [done.code, done.json.status, done.json['requestId']],
      [0, status, json['requestId']],
      done.stdout,
    );
    await s.finish();
  });
}

test('of an agent we could not put back, a person reads that they get no contacts, and retry puts them back', async (t) => {
  const s = await startStack(t, { worker: 'process' });
  const allow = s.simulator.addFault({
    on: 'patchState',
    nth: [2, 3, 4, 5, 6, 7, 8],
    do: { kind: 'answer', status: 403, body: { error: 'forbidden' } },
  });
  const parked = await provision(s);
  assert.equal(parked.json['reason'], 'agent-not-restored');
  assert.equal(s.agent().state, 'NOTAVAILABLE');
  const details = await currentDetails(s);
  assert.match(details, /\*\*The agent is out of the queue and gets no contacts\*\*/);
  assert.match(details, /refuses to put them back: status 403 \(forbidden\)/);
  const commands = commandsIn(details);
  assert.deepEqual([...commands.keys()], ['retry', 'accept', 'rollback', 'abandon']);
  allow();
  const done = await runShown(s, commands.get('retry') ?? '');
  assert.deepEqual([done.code, done.json.status], [0, 'provisioned']);
  assert.equal(s.agent().state, 'AVAILABLE');
  await s.finish();
});

test('where nothing was written, rollback is not offered, and the text does not claim to know what was not read', async (t) => {
  const s = await startStack(t, { worker: 'process', agent: { state: 'COACHING' } });
  const parked = await provision(s);
  assert.equal(parked.json['reason'], 'idle-timeout');
  const details = await currentDetails(s);
  assert.match(details, /The agent is .*COACHING, as last read at/);
  assert.match(details, /\| .*voice.* \| 4 \| not assigned \| not read \|\n/);
  const commands = commandsIn(details);
  assert.deepEqual([...commands.keys()], ['retry', 'accept', 'abandon']);
  const done = await runShown(s, commands.get('abandon') ?? '');
  assert.deepEqual([done.code, done.json.status], [0, 'abandoned']);
  await s.finish();
});
