import { dayChart } from './day-chart.ts';
import { markup, Markup } from './markup.ts';
import type { MonthReport } from './month-report.ts';
import { PAGE_STYLE } from './page-style.ts';
import { accessTable, caseTable, endTable, openTable, refusalTable, shareTable, sourceList } from './report-tables.ts';

/**
 * A month as a page for people: one document that needs nothing else and runs nothing, made to be read on a screen and on
 * paper. What the records say is shown as text, whatever is in it.
 */
export function renderReportPage(report: MonthReport): string {
  const { month, tenantId, outcomes, requests, agents, cases, refusals, access, open } = report;
  const title = `Audit report, ${month.title}`;
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Markup(PAGE_STYLE)}</style>
</head>
<body>
<header>
  <p class="kind">Skill provisioning · audit report</p>
  <h1>${month.title}</h1>
  <p class="about">${tenantId === undefined ? 'All tenants' : markup`Tenant <b>${tenantId}</b>`} · ${sourceList(report)}</p>
</header>

<section class="tiles">
  ${tile(requests, 'requests ended', `for ${count(agents, 'agent')}`)}
  ${tile(outcomes.success, 'succeeded', share(outcomes.success, requests), 'success')}
  ${tile(outcomes.noop, 'changed nothing', share(outcomes.noop, requests), 'noop')}
  ${tile(outcomes.failure, 'failed', share(outcomes.failure, requests), 'failure')}
  ${tile(cases.length, 'waited for a person', `${cases.filter(({ end }) => end === undefined).length} not over yet`, 'parked')}
</section>

${attention(report)}

<section>
  <h2>Day by day</h2>
  <figure>
    ${dayChart(report)}
    <figcaption>Requests by the day they ended:
      <span class="key success"></span> succeeded
      <span class="key noop"></span> changed nothing
      <span class="key failure"></span> failed.
      <span class="mark">3</span> So many began to wait for a person that day.</figcaption>
  </figure>
</section>

<section>
  <h2>How requests ended</h2>
  ${endTable(report)}
</section>

<section>
  <h2>Who asked</h2>
  ${shareTable(report.requesters, 'Requester', 'requests')}
</section>

<section class="pair">
  <div><h2>Agents with the most requests</h2>${shareTable(report.byAgent, 'Agent', 'few')}</div>
  <div><h2>Skills with the most requests</h2>${shareTable(report.skills, 'Skill', 'few')}</div>
</section>

<section id="cases">
  <h2>Cases that waited for a person <small>${cases.length}</small></h2>
  ${caseTable(report)}
</section>

<section id="open">
  <h2>Without an outcome ${isOver(report) ? 'when the month was over' : 'so far'} <small>${open.length}</small></h2>
  ${openTable(report)}
</section>

<section id="refused">
  <h2>Refused requests <small>${refusals.length}</small></h2>
  ${refusalTable(report)}
</section>

<section id="access">
  <h2>Access to the platform that failed <small>${access.length}</small></h2>
  ${accessTable(report)}
</section>

<footer>
  <p><b>Succeeded</b>: done and read back from routing, or closed by a person with what held. <b>Changed nothing</b>: it was
  so already, or it was cancelled before anything was written. <b>Failed</b>: refused, undone, or closed as it was.
  <b>Waited for a person</b>: software could not decide; each case is closed by an outcome of its own.</p>
  <p>Agents and requesters are named by their ids. Times are those of ${month.zone}. This page says what the trail holds;
  that nothing is missing from it or was changed is for <code>cxone-skills audit verify</code> to say.</p>
</footer>
</body>
</html>
`;
  return page.text;
}

function isOver({ asOf, month }: MonthReport): boolean {
  return Date.parse(asOf) >= Date.parse(month.until);
}

function tile(value: number, label: string, note: string, kind = ''): Markup {
  return markup`<div class="tile ${kind}"><b>${value.toLocaleString('en-GB')}</b><span>${label}</span><small>${note}</small></div>`;
}

/** What a reader should look at first, each with where it is told. */
function attention(report: MonthReport): Markup {
  const { open, cases, access, broken } = report;
  const silent = open.filter(({ hasIntent, parked }) => hasIntent && parked === undefined).length;
  const waiting = cases.filter(({ end }) => end === undefined).length;
  const points = [
    silent === 0
      ? undefined
      : markup`<li><a href="#open">${count(silent, 'announced write')}</a> without an outcome, and nobody was asked to look.</li>`,
    waiting === 0
      ? undefined
      : markup`<li><a href="#cases">${count(waiting, 'case')}</a> that waited for a person ${isOver(report) ? 'had not ended when the month was over' : 'has not ended yet'}.</li>`,
    access.length === 0
      ? undefined
      : markup`<li><a href="#access">${count(access.length, 'time')}</a> the platform did not let a worker in.</li>`,
    broken === 0 ? undefined : markup`<li>${count(broken, 'line')} of the trail could not be read as a record.</li>`,
  ].filter((point) => point !== undefined);
  if (points.length === 0)
    return markup`<p class="calm">Nothing was left open, and the platform let every worker in.</p>`;
  return markup`<aside><h2>To look at</h2><ul>${points}</ul></aside>`;
}

function share(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en-GB')} ${noun}${number === 1 ? '' : 's'}`;
}
