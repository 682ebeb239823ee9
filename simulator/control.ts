import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FaultRule } from './faults.ts';
import type { Hold, HoldMatch } from './hold.ts';
import { isObject, parseJson, readBody } from './http.ts';
import type { AgentSeed, Disturbance, Level, SkillSeed } from './model.ts';
import type { Simulator } from './simulator.ts';
import type { ShiftSeed } from './workforce.ts';

/** Where the control requests live; the platform has nothing there. */
export const CONTROL_PREFIX = '/_simulator/';

/** What `POST /_simulator/commands` takes. */
type Command = { tenantId?: string } & (
  | { command: 'set-state'; agentId: string; state: string; reason?: string }
  | { command: 'edit-skills'; agentId: string; skills: Level[] }
  | { command: 'lock'; agentId: string; seconds?: number }
  | { command: 'disturb-routing'; agentId: string; disturbance: Disturbance }
  | { command: 'set-shifts'; shifts?: ShiftSeed[] }
  | { command: 'add-agent'; agent: AgentSeed }
  | { command: 'add-skill' | 'update-skill'; skill: SkillSeed }
  | { command: 'remove-skill'; skillId: string }
  | { command: 'revoke-tokens' }
  | { command: 'set-client-secrets'; secrets: string[] }
  | { command: 'add-fault'; rule: FaultRule }
  | { command: 'clear-faults' }
  | { command: 'hold'; match: HoldMatch }
  | { command: 'await-hold' | 'release'; hold: number }
);

/** The strings of a simulator in another process, over HTTP. */
export class Control {
  readonly #simulator: Simulator;
  readonly #holds: Hold[] = [];

  constructor(simulator: Simulator) {
    this.#simulator = simulator;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', query] = (request.url ?? '').split('?');
    const asked = `${request.method} ${path.slice(CONTROL_PREFIX.length)}`;
    try {
      if (asked === 'GET ledger') this.#sendLedger(response, Number(new URLSearchParams(query).get('since') ?? 0));
      else if (asked === 'GET state') send(response, 200, this.#state());
      else if (asked === 'GET shifts.json' || asked === 'GET shifts.ics') {
        const agentId = new URLSearchParams(query).get('agentId');
        this.#simulator.workforce.serve(asked === 'GET shifts.json' ? 'json' : 'ics', agentId, request, response);
      } else if (asked === 'POST commands') send(response, 200, await this.#run(parseJson(await readBody(request))));
      else send(response, 404, { error: 'not_found', message: `Not a control request: ${asked}` });
    } catch (error) {
      send(response, 400, { error: 'bad_command', message: error instanceof Error ? error.message : 'unknown' });
    }
  }

  #sendLedger(response: ServerResponse, since: number): void {
    const lines = this.#simulator.ledger.filter(({ seq }) => seq > since).map((entry) => `${JSON.stringify(entry)}\n`);
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    response.end(lines.join(''));
  }

  #state(): Record<string, unknown> {
    const { timeScale, initialInventories } = this.#simulator;
    return { timeScale, agents: this.#simulator.agents(), skills: this.#simulator.skills(), initialInventories };
  }

  async #run(given: unknown): Promise<Record<string, unknown>> {
    if (!isObject(given)) throw new TypeError('The body is not a JSON object.');
    const command = given as Command;
    const simulator = this.#simulator;
    const { tenantId } = command;
    switch (command.command) {
      case 'set-state':
        simulator.setState(command.agentId, command.state, command.reason, tenantId);
        return {};
      case 'edit-skills':
        simulator.editSkills(command.agentId, command.skills, tenantId);
        return {};
      case 'lock':
        simulator.lock(command.agentId, command.seconds, tenantId);
        return {};
      case 'disturb-routing':
        simulator.disturbRouting(command.agentId, command.disturbance, tenantId);
        return {};
      case 'set-shifts':
        simulator.setShifts(command.shifts);
        return {};
      case 'add-agent':
        simulator.addAgent(command.agent);
        return {};
      case 'add-skill':
      case 'update-skill':
        simulator.addSkill(command.skill, tenantId);
        return {};
      case 'remove-skill':
        simulator.removeSkill(command.skillId, tenantId);
        return {};
      case 'revoke-tokens':
        simulator.revokeTokens(tenantId);
        return {};
      case 'set-client-secrets':
        simulator.setClientSecrets(command.secrets, tenantId);
        return {};
      case 'add-fault':
        simulator.addFault(withoutCallbacks(command.rule));
        return {};
      case 'clear-faults':
        simulator.clearFaults();
        return {};
      case 'hold':
        return { hold: this.#holds.push(simulator.hold(command.match)) - 1 };
      case 'await-hold':
        return { arrived: await this.#hold(command.hold).arrived };
      case 'release':
        this.#hold(command.hold).release();
        return {};
      default:
        throw new TypeError(`Unknown command: ${JSON.stringify((given as { command?: unknown }).command)}`);
    }
  }

  #hold(index: number): Hold {
    const hold = this.#holds[index];
    if (hold === undefined) throw new RangeError(`There is no hold ${index}.`);
    return hold;
  }
}

function withoutCallbacks(rule: FaultRule): FaultRule {
  const kinds = [rule.do].flat().map(({ kind }) => kind);
  if (kinds.some((kind) => kind === 'call' || kind === 'wait')) {
    throw new TypeError('call and wait take a function and work in one process only; use hold.');
  }
  return rule;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
