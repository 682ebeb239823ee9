import { readFileSync } from 'node:fs';

/** Resident memory of a process, in MiB: now, and the most it ever had. */
export interface Memory {
  now: number;
  peak: number;
}

/** Reads it from /proc; throws where there is none. */
export function readMemory(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const read = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
  return { now: read('VmRSS'), peak: read('VmHWM') };
}
