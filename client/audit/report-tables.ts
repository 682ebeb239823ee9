import { markup, type Markup } from './markup.ts';
import type { MonthReport, Share } from './month-report.ts';

/** More rows than this nobody reads on paper; an export has all. */
const MAX_ROWS = 500;
const MAX_SHARES = { requests: 25, few: 10 };

const MEANINGS: Readonly<Record<string, string>> = {
  provisioned: 'done, and read back from routing',
  unchanged: 'routing had it already; nothing was written',
  rejected: 'refused by a rule or the platform; nothing was written',
  failed: 'failed',
  accepted: 'closed by a person with what held then',
  'rolled-back': 'a person had the former levels restored',
  abandoned: 'closed by a person; left as it was',
  cancelled: 'cancelled before it was done',
};

/** Where and when the report was made. */
export function sourceList({ month, source, records, asOf }: MonthReport): Markup {
  const zone = month.zone === 'UTC' ? 'UTC' : `time of ${month.zone}`;
  return markup`${local(month.since, month.zone)} to ${local(month.until, month.zone)}, ${zone} ·
    ${records.toLocaleString('en-GB')} records of ${source}, as of ${local(asOf, month.zone)}`;
}

export function endTable({ statuses, requests }: MonthReport): Markup {
  return table(
    ['End', 'Outcome', '#Requests', 'Share', ''],
    statuses.map(({ status, outcome, requests: some }) => [
      markup`<b>${status}</b>`,
      markup`<span class="chip ${outcome}">${outcome}</span>`,
      some,
      bar([[outcome, some]], requests),
      markup`<span class="quiet">${MEANINGS[status]}</span>`,
    ]),
    'No request ended in this month.',
  );
}

/** How much of the requests was whose, with a bar of how they ended. `few` leaves out the numbers of each kind of end. */
export function shareTable(shares: readonly Share[], title: string, detail: 'requests' | 'few'): Markup {
  const most = Math.max(...shares.map(({ requests }) => requests), 1);
  const shown = shares.slice(0, MAX_SHARES[detail]);
  const numbers = detail === 'few' ? [] : ['#Succeeded', '#Nothing', '#Failed', '#Agents'];
  const rows = shown.map((share) => [
    markup`<b>${share.title ?? share.name}</b>${share.title === undefined ? '' : markup` <span class="quiet">${share.name}</span>`}`,
    share.requests,
    ...(detail === 'few' ? [] : [share.success, share.noop, share.failure, share.agents]),
    bar(
      [
        ['success', share.success],
        ['noop', share.noop],
        ['failure', share.failure],
      ],
      most,
    ),
  ]);
  const others = shares.slice(MAX_SHARES[detail]);
  const rest = others.reduce((sum, { requests }) => sum + requests, 0);
  return markup`${table([title, '#Requests', ...numbers, ''], rows, 'None in this month.')}
  ${others.length === 0 ? '' : markup`<p class="quiet">and ${others.length} more with ${rest} requests</p>`}`;
}

export function caseTable({ cases, month }: MonthReport): Markup {
  return table(
    ['Since', 'Agent, request', 'Asked by', 'Why it waited', 'What people decided', 'End'],
    cases.map(({ since, agentId, requestId, requestedBy, ticket, reasons, message, decisions, end }) => [
      local(since, month.zone),
      markup`<b>${agentId}</b><br>${requestId}`,
      markup`${requestedBy}${ticket === undefined ? '' : markup`<br><span class="quiet">${ticket}</span>`}`,
      markup`${reasons.join(', then ')}${message === undefined ? '' : markup`<br><span class="quiet">${message}</span>`}`,
      decisions.length === 0
        ? '–'
        : decisions.map(
            ({ time, action, operator, note, refused }) =>
              markup`<p>${action}${refused === true ? ' (could not be carried out)' : ''} by <b>${operator}</b>, ${local(time, month.zone)}${note === undefined ? '' : markup`<br><span class="quiet">“${note}”</span>`}</p>`,
          ),
      end === undefined
        ? markup`<span class="chip parked">open</span>`
        : markup`<span class="chip ${end.outcome}">${end.status}</span><br>${local(end.time, month.zone)}<br><span class="quiet">after ${lasted(since, end.time)}</span>`,
    ]),
    'No request waited for a person.',
  );
}

export function openTable({ open, month, asOf }: MonthReport): Markup {
  return table(
    ['Since', 'Open for', 'Agent', 'Request', 'Asked by', 'Ticket', 'State'],
    open.map(({ since, agentId, requestId, requestedBy, ticket, hasIntent, parked }) => [
      local(since, month.zone),
      lasted(since, asOf),
      markup`<b>${agentId}</b>`,
      requestId,
      requestedBy,
      ticket ?? '',
      parked === undefined
        ? markup`<span class="chip failure">no outcome</span> after an announced write`
        : markup`<span class="chip parked">waits for a person</span> ${parked}${hasIntent ? '' : ', nothing written'}`,
    ]),
    'Every announced write and every case had its outcome.',
  );
}

export function refusalTable({ refusals, month }: MonthReport): Markup {
  return table(
    ['Time', 'Asked by', 'Agent', 'Request', 'How', 'Why'],
    refusals.map(({ time, requestedBy, agentId, requestId, status, problem }) => [
      local(time, month.zone),
      requestedBy ?? '–',
      markup`<b>${agentId ?? '–'}</b>`,
      requestId ?? '–',
      status === 'refused' ? 'not taken' : 'rejected',
      markup`${problem?.code ?? ''}<br><span class="quiet">${problem?.message ?? ''}</span>`,
    ]),
    'No request was refused.',
  );
}

export function accessTable({ access, month, tenantId }: MonthReport): Markup {
  const tenant = tenantId === undefined;
  return table(
    ['Time', ...(tenant ? ['Tenant'] : []), 'Worker', 'What', 'Why'],
    access.map(({ time, tenantId: of, actor, status, problem }) => [
      local(time, month.zone),
      ...(tenant ? [of] : []),
      actor,
      status === 'scope-missing' ? 'scopes were missing' : 'no token was given',
      problem?.message ?? problem?.code ?? '',
    ]),
    'The platform let every worker in.',
  );
}

/** A title that begins with # is one of numbers. */
function table(
  titles: readonly string[],
  rows: readonly (readonly (Markup | Markup[] | string | number)[])[],
  none: string,
): Markup {
  if (rows.length === 0) return markup`<p class="calm">${none}</p>`;
  const shown = rows.slice(0, MAX_ROWS);
  const kind = (column: number): string => (titles[column]?.startsWith('#') === true ? 'number' : '');
  const head = titles.map((title, column) => markup`<th class="${kind(column)}">${title.replace(/^#/, '')}</th>`);
  const body = shown.map(
    (row) => markup`<tr>${row.map((cell, column) => markup`<td class="${kind(column)}">${cell}</td>`)}</tr>\n`,
  );
  const left = rows.length - shown.length;
  return markup`<table><thead><tr>${head}</tr></thead><tbody>\n${body}</tbody></table>
  ${left === 0 ? '' : markup`<p class="quiet">and ${left} more, which “audit export” has</p>`}`;
}

/** Parts of a whole, side by side. */
function bar(parts: readonly (readonly [string, number])[], whole: number): Markup {
  const pieces = parts.map(([kind, size]) =>
    size === 0 ? '' : markup`<i class="${kind}" style="width:${((100 * size) / Math.max(whole, 1)).toFixed(2)}%"></i>`,
  );
  return markup`<span class="bar">${pieces}</span>`;
}

/** `2026-11-02 14:03:12` in the zone. */
function local(time: string, timeZone: string): string {
  return new Date(time).toLocaleString('sv-SE', { timeZone });
}

function lasted(since: string, until: string): string {
  const minutes = Math.max(0, Math.round((Date.parse(until) - Date.parse(since)) / 60_000));
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1440)} days`;
}
