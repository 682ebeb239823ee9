import { setTimeout as delay } from 'node:timers/promises';
import type { AgentSeed, FaultRule, LedgerEntry, SkillSeed } from '../../simulator/index.ts';
import { freePort } from '../../tools/free-port.ts';
import { startGuarded } from '../../tools/guarded-process.ts';

const READY_LIMIT_MS = 30_000;
const AT_ONCE = 16;

/** The simulator in a process of its own, in the platform's own time. */
export interface PlatformProcess {
  url: string;
  pid: number;
  addAgents(agents: readonly AgentSeed[]): Promise<void>;
  addSkills(skills: readonly SkillSeed[]): Promise<void>;
  addFault(rule: FaultRule): Promise<void>;
  clearFaults(): Promise<void>;
  /** What has reached the platform since the last call, in order of arrival. */
  news(): Promise<LedgerEntry[]>;
  stop(): Promise<void>;
}

/** @param latencyMs added to each call. */
export async function startPlatform(latencyMs: number): Promise<PlatformProcess> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const argv = ['dist/simulator/main.js', '--port', `${port}`, '--premium', '--latency-ms', `${latencyMs}`];
  const guarded = startGuarded([process.execPath, ...argv], { logFile: `.data/bench/simulator-${port}.log` });
  const pid = await guarded.pid;
  const deadline = Date.now() + READY_LIMIT_MS;
  while (!(await answers(url))) {
    if (Date.now() > deadline) throw new Error(`the simulator did not start:\n${guarded.logTail()}`);
    await delay(50);
  }
  let seen = 0;

  async function command(body: object): Promise<void> {
    const response = await fetch(`${url}/_simulator/commands`, { method: 'POST', body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`the simulator refused ${JSON.stringify(body)}: ${text}`);
  }

  return {
    url,
    pid: pid ?? 0,
    async addAgents(agents) {
      for (let from = 0; from < agents.length; from += AT_ONCE) {
        const some = agents.slice(from, from + AT_ONCE);
        await Promise.all(some.map((agent) => command({ command: 'add-agent', agent })));
      }
    },
    async addSkills(skills) {
      for (const skill of skills) await command({ command: 'add-skill', skill });
    },
    addFault: (rule) => command({ command: 'add-fault', rule }),
    clearFaults: () => command({ command: 'clear-faults' }),
    async news() {
      const response = await fetch(`${url}/_simulator/ledger?since=${seen}`);
      const lines = (await response.text()).split('\n').slice(0, -1);
      const entries = lines.map((line) => JSON.parse(line) as LedgerEntry);
      seen = entries.at(-1)?.seq ?? seen;
      return entries;
    },
    stop: () => guarded.stop(),
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/_simulator/ledger`, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
