import { readdirSync, readFileSync } from 'node:fs';

/** Ticks a second in /proc, on every Linux there is. */
const TICKS_PER_S = 100;

/** CPU time in milliseconds used so far, by process. */
export type CpuTimes = Record<string, number>;

interface ProcessTimes {
  parent: number;
  ms: number;
}

/**
 * Reads what processes of this run have used: those named by their pid, this one as `load generator`, and as `server`
 * every other one that descends from this one. Empty where there is no /proc.
 */
export function readCpu(pids: Record<string, number>): CpuTimes {
  const processes = readProcesses();
  const named = Object.entries({ ...pids, 'load generator': process.pid });
  const times: CpuTimes = {};
  for (const [name, pid] of named) {
    const found = processes.get(pid);
    if (found === undefined) return {};
    times[name] = found.ms;
  }
  const taken = new Set(named.map(([, pid]) => pid));
  const others = [...processes].filter(([pid]) => !taken.has(pid) && descends(processes, pid));
  return { ...times, server: others.reduce((sum, [, { ms }]) => sum + ms, 0) };
}

/** Milliseconds of CPU that were used between two readings. */
export function cpuBetween(before: CpuTimes, after: CpuTimes): CpuTimes {
  return Object.fromEntries(Object.entries(after).map(([name, ms]) => [name, ms - (before[name] ?? 0)]));
}

function readProcesses(): Map<number, ProcessTimes> {
  const processes = new Map<number, ProcessTimes>();
  for (const name of entriesOf('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readText(`/proc/${name}/stat`);
    // After the command, which may hold blanks: the state, the parent, and as 12th and 13th user and system time.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ms = ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_S;
    if (stat !== '') processes.set(Number(name), { parent: Number(fields[1]), ms });
  }
  return processes;
}

function descends(processes: ReadonlyMap<number, ProcessTimes>, pid: number): boolean {
  for (let at = processes.get(pid); at !== undefined; at = processes.get(at.parent)) {
    if (at.parent === process.pid) return true;
  }
  return false;
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Empty for a process that has just ended. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
