import { demoCentre } from '../../simulator/centre.ts';
import type { Stage } from './stage.ts';

/** Prints what can be tried while everything is up, as commands to paste. */
export function printNextSteps({ envFile, simulator, worker }: Stage): void {
  const cli = 'npm run --silent cli --';
  const who = '--by me --reason trying';
  const callEnds = JSON.stringify({ command: 'set-state', agentId: 'agent-102', state: 'AVAILABLE' });
  const inACall = demoCentre().flatMap(({ agentId, state }) => (state === 'CALL' ? [agentId] : []));
  const allCallsEnd = `for agent in ${inACall.join(' ')}; do curl -X POST ${simulator.url}/_simulator/commands -H 'content-type: application/json' -d '{"command":"set-state","agentId":"'$agent'","state":"AVAILABLE"}'; done`;
  console.log(`
What to try next, in another terminal:

  source ${envFile}

  Two skills are named Billing: refused, with the candidates listed; then by its group
    ${cli} provision --agent agent-101 --skill Billing --level 3 ${who}
    ${cli} provision --agent agent-101 --skill Billing --group Chat --level 3 ${who}

  An agent in a call: the request waits, survives the death of its worker, and goes on when the call is over
    ${cli} provision --agent agent-102 --skill French --level 4 ${who} --no-wait
    kill -9 ${worker.pid ?? '<worker>'}
    ${cli} status --agent agent-102
    curl -X POST ${simulator.url}/_simulator/commands -H 'content-type: application/json' -d '${callEnds}'

  What waits for a person
    ${cli} queue

  Sixty agents at once, of a centre of 200 (examples/ has the files)
    ${cli} bulk submit --file examples/peak.csv --report .data/peak-report.csv ${who}
  Two of them are in a call, so it stops at 58 until that is over. Ctrl-C ends only the wait, and the same command waits
  again; this, in a third terminal, ends all calls of the centre, which would hold up the next file, too
    ${allCallsEnd}

  A file says who is to have what: compare, carry out, take back
    ${cli} plan --file examples/centre.yaml --out .data/centre.plan.json
    ${cli} apply --plan .data/centre.plan.json ${who}
    ${cli} rollback --plan .data/centre.plan.json ${who}

  A skill for two minutes
    ${cli} provision --agent agent-100 --skill French --level 3 --for 2m ${who}
    ${cli} temporary list

Ctrl-C ends everything.`);
}
