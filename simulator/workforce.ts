import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** A shift of an agent; times are ISO 8601 with their offset. */
export interface ShiftSeed {
  agentId: string;
  start: string;
  end: string;
}

/** Runs something at a time of the clock, and can be told not to. */
type Schedule = (delayMs: number, run: () => void) => () => void;

/**
 * Workforce management: locks agents when a shift of theirs begins or ends, and serves the schedule as the feeds that its
 * readers know, with an ETag. Boundaries are times of the real clock; the time scale does not move them.
 */
export class Workforce {
  readonly #schedule: Schedule;
  readonly #lock: (agentId: string) => void;
  #shifts: readonly ShiftSeed[] | undefined = [];
  #cancels: (() => void)[] = [];

  constructor(schedule: Schedule, lock: (agentId: string) => void) {
    this.#schedule = schedule;
    this.#lock = lock;
  }

  /** Replaces the schedule; locks follow at each boundary that is still to come. Undefined: its server answers 503. */
  setShifts(shifts: readonly ShiftSeed[] | undefined): void {
    for (const cancel of this.#cancels) cancel();
    this.#shifts = shifts;
    this.#cancels = (shifts ?? []).flatMap(({ agentId, start, end }) =>
      [start, end]
        .map((time) => Date.parse(time) - Date.now())
        .filter((delayMs) => delayMs >= 0 && delayMs < 2 ** 31)
        .map((delayMs) => this.#schedule(delayMs, () => this.#lock(agentId))),
    );
  }

  /** `shifts.json`, or `shifts.ics` with the shifts of one agent or of all. */
  serve(format: 'json' | 'ics', agentId: string | null, request: IncomingMessage, response: ServerResponse): void {
    if (this.#shifts === undefined) {
      response.writeHead(503).end();
      return;
    }
    const shifts = this.#shifts.filter((shift) => agentId === null || shift.agentId === agentId);
    const body = format === 'json' ? JSON.stringify({ version: 1, shifts }) : calendarOf(shifts);
    const etag = `"${createHash('sha256').update(body).digest('hex').slice(0, 16)}"`;
    if (request.headers['if-none-match'] === etag) {
      response.writeHead(304, { etag }).end();
      return;
    }
    const type = format === 'json' ? 'application/json' : 'text/calendar; charset=utf-8';
    response.writeHead(200, { 'content-type': type, etag }).end(body);
  }
}

function calendarOf(shifts: readonly ShiftSeed[]): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//simulator//workforce//EN',
    ...shifts.flatMap(({ agentId, start, end }, index) => [
      'BEGIN:VEVENT',
      `UID:${index}@simulator`,
      'DTSTAMP:20260101T000000Z',
      `DTSTART:${utc(start)}`,
      `DTEND:${utc(end)}`,
      `SUMMARY:${agentId}`,
      'END:VEVENT',
    ]),
    'END:VCALENDAR',
  ];
  return lines.map((line) => `${line}\r\n`).join('');
}

/** `20261123T080000Z` */
function utc(time: string): string {
  return `${new Date(time).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}
