/** SQL that turns a column into a time in UTC with microseconds, as links have it. */
export function asRecordTime(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

/** Microseconds since 1970 of a time in ISO 8601 with its offset; undefined for anything else. Digits beyond are left out. */
export function microsOf(time: unknown): number | undefined {
  if (typeof time !== 'string') return undefined;
  const match = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.(\d+))?)?(?:Z|[+-]\d\d:\d\d)$/.exec(time);
  const millis = match === null ? Number.NaN : Date.parse(time);
  if (Number.isNaN(millis)) return undefined;
  return millis * 1000 + Number((match?.[1] ?? '').padEnd(6, '0').slice(3, 6));
}
