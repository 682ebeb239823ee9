/** Microseconds since 1970 as a text of the form of {@link LinkContent.recordTime}. */
export function toRecordTime(micros: number): string {
  const millis = Math.floor(micros / 1000);
  return `${new Date(millis).toISOString().slice(0, -1)}${String(micros - millis * 1000).padStart(3, '0')}Z`;
}

/** Microseconds since 1970 of a time in ISO 8601 with its offset; undefined for anything else. Digits beyond are left out. */
export function microsOf(time: unknown): number | undefined {
  if (typeof time !== 'string') return undefined;
  const match = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.(\d+))?)?(?:Z|[+-]\d\d:\d\d)$/.exec(time);
  const millis = match === null ? Number.NaN : Date.parse(time);
  if (Number.isNaN(millis)) return undefined;
  return millis * 1000 + Number((match?.[1] ?? '').padEnd(6, '0').slice(3, 6));
}
