import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CSV_HEADER, toCsv, toJsonLine, type ReportFormat } from '../../files/report.ts';
import type { BulkReportLine } from '../bulk.ts';
import { InvalidFileError } from './input-file.ts';

/** Throws {@link InvalidFileError} if no report could be written there: better before a long run than after it. */
export async function checkReportPath(path: string): Promise<void> {
  await access(dirname(path), constants.W_OK).catch(() => {
    throw new InvalidFileError(path, "can't be written: its folder is not there or not writable");
  });
}

/** Writes a report; whoever looks sees the whole of it or what was there before. */
export async function writeReport(
  path: string,
  format: ReportFormat,
  lines: AsyncIterable<BulkReportLine>,
): Promise<number> {
  const unfinished = `${path}.${randomUUID()}`;
  const file = await open(unfinished, 'wx');
  let count = 0;
  try {
    if (format === 'csv') await file.write(CSV_HEADER);
    for await (const line of lines) {
      await file.write(format === 'csv' ? toCsv(line) : toJsonLine(line));
      count += 1;
    }
    await file.close();
    await rename(unfinished, path);
    return count;
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(unfinished, { force: true });
    throw error;
  }
}
