import { openIntents } from '../../audit/open-intents.ts';
import type { AuditTrail, TrailQuery } from '../../audit/trail.ts';
import type { AuditRecord } from '../../domain/audit-record.ts';
import { CSV_HEADER, toCsvRows } from '../audit/csv.ts';
import { makeMonthReport } from '../audit/month-report.ts';
import { readMonth } from '../audit/month.ts';
import { toOcsf } from '../audit/ocsf.ts';
import { renderReportPage } from '../audit/report-page.ts';
import { durationMs } from './arguments.ts';
import { toFilters, zoneOf } from './audit-read-inputs.ts';
import { renderOpenIntents, renderRecords } from './audit-read-render.ts';
import { openTrail } from './audit-trail-source.ts';
import type { CommandResult } from './documents.ts';
import type { AuditCommand } from './execute-audit.ts';
import { EXIT } from './exit-codes.ts';
import type { CliStream } from './main.ts';
import { writeTextFile, writeTextStream } from './output-file.ts';

/** What a table on a screen can hold. */
const MAX_SHOWN = 1_000;
const DEFAULT_AGE = '15m';

/** Carries out a command that reads the audit trail. Throws `AuditUnreadableError`. */
export async function executeAuditRead(
  { name, values, switches, config }: AuditCommand,
  { stdout, stderr }: { stdout: CliStream; stderr: CliStream },
): Promise<CommandResult> {
  const trail = await openTrail(config.store, values.get('file'));
  const tenant = config.tenantId === undefined ? {} : { tenantId: config.tenantId };
  const query: TrailQuery = { ...tenant, ...toFilters(values) };
  const zone = zoneOf(values);
  const result = await carryOut();
  if (trail.broken > 0) {
    stderr.write(
      `${trail.broken} line${trail.broken === 1 ? '' : 's'} of ${trail.source} were left out: no records.\n`,
    );
  }
  return result;

  function carryOut(): Promise<CommandResult> {
    switch (name) {
      case 'audit show':
        return show();
      case 'audit export':
        return exportRecords();
      case 'audit open':
        return open();
      case 'audit report':
        return report();
      default:
        throw new Error(`no way to carry out ${name}`);
    }
  }

  async function show(): Promise<CommandResult> {
    const { records, leftOut } = await newest(trail, query);
    return { document: { records, leftOut }, text: renderRecords(records, leftOut, zone), exitCode: EXIT.done };
  }

  async function exportRecords(): Promise<CommandResult> {
    const format = values.get('format') ?? '';
    const out = values.get('out');
    const count = { records: 0 };
    const texts = exported(trail.read(query), format, count);
    if (out === undefined) {
      await writeTextStream(stdout, texts);
      return { document: count, text: undefined, exitCode: EXIT.done };
    }
    await writeTextFile(out, texts);
    const text = `${count.records} record${count.records === 1 ? '' : 's'} written to ${out}`;
    return { document: { ...count, format, out }, text, exitCode: EXIT.done };
  }

  async function open(): Promise<CommandResult> {
    const olderThanMs = durationMs(values.get('older-than') ?? DEFAULT_AGE) ?? 0;
    const items = await openIntents(trail, olderThanMs, tenant);
    const tell = items.length > 0 && switches.has('detailed-exitcode');
    return {
      document: { items },
      text: renderOpenIntents(items, zone),
      exitCode: tell ? EXIT.changes : EXIT.done,
    };
  }

  async function report(): Promise<CommandResult> {
    const month = readMonth(values.get('month') ?? '', zone);
    if (month === undefined) throw new Error('the month has not been checked');
    const made = await makeMonthReport(trail, month, tenant);
    const out = values.get('out');
    const page = renderReportPage(made);
    if (out === undefined) return { document: made, text: page.trimEnd(), exitCode: EXIT.done };
    await writeTextFile(out, only(page));
    return { document: { ...made, out }, text: `${month.title} written to ${out}`, exitCode: EXIT.done };
  }
}

/** The newest of what is wanted, the oldest of them first, and how many more there are. */
async function newest(trail: AuditTrail, query: TrailQuery): Promise<{ records: AuditRecord[]; leftOut: number }> {
  let records: AuditRecord[] = [];
  let leftOut = 0;
  const cut = (most: number): void => {
    if (records.length <= most) return;
    leftOut += records.length - MAX_SHOWN;
    records = records.slice(-MAX_SHOWN);
  };
  for await (const record of trail.read(query)) {
    records.push(record);
    cut(2 * MAX_SHOWN);
  }
  cut(MAX_SHOWN);
  return { records, leftOut };
}

async function* exported(
  records: AsyncIterable<AuditRecord>,
  format: string,
  count: { records: number },
): AsyncGenerator<string> {
  if (format === 'csv') yield CSV_HEADER;
  for await (const record of records) {
    count.records += 1;
    if (format === 'csv') yield toCsvRows(record);
    else yield `${JSON.stringify(format === 'ocsf' ? toOcsf(record) : record)}\n`;
  }
}

async function* only(text: string): AsyncGenerator<string> {
  yield text;
}
