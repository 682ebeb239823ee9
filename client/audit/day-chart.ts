import { markup, type Markup } from './markup.ts';
import type { Counts, MonthReport } from './month-report.ts';

const WIDTH = 960;
const HEIGHT = 230;
const LEFT = 44;
const RIGHT = 4;
const TOP = 22;
const BOTTOM = 24;

/** From the bottom up, as the classes of the page's style are called. */
const PARTS = ['success', 'noop', 'failure'] as const satisfies (keyof Counts)[];

/** A column for each day of the month: how requests ended, with a mark where some began to wait for a person. */
export function dayChart({ month, days }: MonthReport): Markup {
  const highest = Math.max(...days.map((day) => day.success + day.noop + day.failure));
  const step = stepFor(highest);
  const top = Math.max(step, Math.ceil(highest / step) * step);
  const heightOf = (count: number): number => ((HEIGHT - TOP - BOTTOM) * count) / top;
  const bottom = HEIGHT - BOTTOM;
  const slot = (WIDTH - LEFT - RIGHT) / days.length;
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);

  return markup`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Requests ended on each day of ${month.title}">
    ${ticks.map(
      (tick) =>
        markup`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tick)}" y2="${y(tick)}" />
          <text class="axis" x="${LEFT - 8}" y="${round(y(tick) + 4)}" text-anchor="end">${tick}</text> `,
    )}
    ${days.map((day, index) => {
      const x = round(LEFT + index * slot + slot * 0.15);
      const width = round(slot * 0.7);
      let under = 0;
      const columns = PARTS.map((part) => {
        const from = under;
        under += day[part];
        const height = round(heightOf(day[part]));
        return day[part] === 0
          ? ''
          : markup`<rect class="${part}" x="${x}" y="${round(y(from) - height)}" width="${width}" height="${height}" />`;
      });
      const middle = round(LEFT + (index + 0.5) * slot);
      const mark = markup`<text class="parked" x="${middle}" y="${round(y(under) - 5)}" text-anchor="middle">
        ${day.parked}
      </text>`;
      return markup`<g>
        <title>${index + 1}: ${day.success} succeeded, ${day.noop} changed nothing, ${day.failure} failed, ${day.parked} began to wait for a person</title>
        ${columns}${day.parked === 0 ? '' : mark}
        <text class="axis" x="${middle}" y="${HEIGHT - 7}" text-anchor="middle">${index + 1}</text>
      </g> `;
    })}
    <line class="base" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${bottom}" y2="${bottom}" />
  </svg>`;

  function y(count: number): number {
    return round(bottom - heightOf(count));
  }
}

/** 1, 2 or 5 times a power of ten, so that there are three to five lines. */
function stepFor(highest: number): number {
  const rough = Math.max(1, highest / 4);
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough) ?? power;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
