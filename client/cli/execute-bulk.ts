import { toPages } from '../../files/pages.ts';
import { CSV_HEADER, toCsv } from '../../files/report.ts';
import type { BulkClient, BulkProgress, BulkReportLine } from '../bulk.ts';
import { readFailedRequests, readRequests, type FileOfRequests } from './bulk-file.ts';
import { inputFormat, perMinute, reportFormat, toBulkOrder, toDefaults } from './bulk-inputs.ts';
import { createBulkProgress } from './bulk-progress.ts';
import { exitCodeOfBulk, renderBulkProgress, renderSubmitted, requestsText } from './bulk-render.ts';
import { checkReportPath, writeReport } from './bulk-report.ts';
import type { CommandResult } from './documents.ts';
import type { CheckedCommand, MadeId, Waiting } from './execute.ts';
import { EXIT } from './exit-codes.ts';

/** The caller's signal ended the wait. */
class StoppedWaitingError extends Error {
  readonly code = 'interrupted';
  readonly details = {};

  constructor(bulkId: string) {
    super(`Stopped waiting. Bulk ${bulkId} goes on.`);
  }
}

/** Carries out a command of bulks. The bulk's id is told as soon as there is one. */
export async function executeBulk(
  bulk: BulkClient,
  { name, values, switches }: CheckedCommand,
  waiting: Waiting,
  tell: (id: MadeId) => void,
): Promise<CommandResult> {
  const bulkId = values.get('bulk') ?? '';
  const noWait = switches.has('no-wait');
  const order = toBulkOrder(values);
  if (values.has('bulk')) tell({ bulkId });
  switch (name) {
    case 'bulk submit':
      return submit(
        await readRequests(values.get('file') ?? '', inputFormat(values) ?? 'csv', toDefaults(values)),
        'report',
      );
    case 'bulk retry-failed': {
      const path = values.get('report') ?? '';
      const file = await readFailedRequests(path, reportFormat(path) ?? 'csv', toDefaults(values));
      if (file.items.length > 0) return submit(file, 'out');
      return { document: { status: 'nothing-to-retry' }, text: `Nothing of ${path} failed.`, exitCode: EXIT.done };
    }
    case 'bulk status':
      return ofProgress(await bulk.progress(bulkId), EXIT.done);
    case 'bulk pause':
      return ofProgress(await bulk.pause(order), EXIT.done);
    case 'bulk resume':
      return ofProgress(await bulk.resume(order), EXIT.done);
    case 'bulk rate':
      return ofProgress(await bulk.setRate({ ...order, ...perMinute(values) }), EXIT.done);
    case 'bulk cancel': {
      const accepted = await bulk.cancel(order);
      return ofProgress(noWait ? accepted : await follow(bulkId), EXIT.done);
    }
    case 'bulk report':
      return report(bulkId, values.get('out'));
    default:
      throw new Error(`no way to carry out ${name}`);
  }

  async function submit({ items, digest }: FileOfRequests, reportFlag: string): Promise<CommandResult> {
    const reportPath = values.get(reportFlag);
    if (reportPath !== undefined) await checkReportPath(reportPath);
    const pages = toPages(items, digest, values.get('bulk'));
    tell({ bulkId: pages.bulkId });
    const { requests } = await bulk.submit({ ...pages, ...perMinute(values) });
    if (noWait) {
      const document = { status: 'submitted', bulkId: pages.bulkId, requests };
      return { document, text: renderSubmitted(pages.bulkId, requests, reportPath), exitCode: EXIT.done };
    }
    const progress = await follow(pages.bulkId);
    if (reportPath !== undefined) {
      await writeReport(reportPath, reportFormat(reportPath) ?? 'csv', bulk.report(pages.bulkId));
    }
    return ofProgress(progress, exitCodeOfBulk(progress), reportPath);
  }

  async function follow(id: string): Promise<BulkProgress> {
    const view = await createBulkProgress(waiting.stderr);
    try {
      return await bulk.wait(id, { signal: waiting.signal, onProgress: (progress) => view.update(progress) });
    } catch (error) {
      throw waiting.signal.aborted ? new StoppedWaitingError(id) : error;
    } finally {
      view.stop();
    }
  }

  async function report(id: string, path: string | undefined): Promise<CommandResult> {
    if (path !== undefined) {
      await checkReportPath(path);
      const count = await writeReport(path, reportFormat(path) ?? 'csv', bulk.report(id));
      return {
        document: { bulkId: id, report: path, lines: count },
        text: `report: ${path}, ${requestsText(count)}`,
        exitCode: EXIT.done,
      };
    }
    const lines: BulkReportLine[] = [];
    for await (const line of bulk.report(id)) lines.push(line);
    return {
      document: { bulkId: id, lines },
      text: `${CSV_HEADER}${lines.map(toCsv).join('')}`.trimEnd(),
      exitCode: EXIT.done,
    };
  }
}

function ofProgress(progress: BulkProgress, exitCode: number, reportPath?: string): CommandResult {
  return { document: progress, text: renderBulkProgress(progress, reportPath), exitCode };
}
