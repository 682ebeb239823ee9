/** The look of the report: nothing is loaded, and paper gets black on white. */
export const PAGE_STYLE = `
:root { --ink: #1c2733; --quiet: #5f6f7f; --rule: #d9e0e6; --soft: #f4f6f8; --success: #2b7a78; --noop: #a9b8c4; --failure: #c0513a; --parked: #b7791f; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1080px; padding: 40px 36px 56px; color: var(--ink); background: #fff; font: 14px/1.45 system-ui, "Segoe UI", "Liberation Sans", "DejaVu Sans", Helvetica, Arial, sans-serif; font-variant-numeric: tabular-nums; }
header { border-bottom: 3px solid var(--ink); padding-bottom: 14px; margin-bottom: 24px; }
.kind { margin: 0; color: var(--quiet); letter-spacing: .04em; }
h1 { margin: 2px 0 6px; font-size: 34px; line-height: 1.15; letter-spacing: -.01em; }
.about { margin: 0; color: var(--quiet); }
.about b { color: var(--ink); }
h2 { font-size: 18px; margin: 34px 0 10px; }
h2 small { color: var(--quiet); font-weight: normal; font-size: 15px; margin-left: 4px; }
.tiles { display: grid; grid-template-columns: repeat(5, 1fr); gap: 12px; }
.tile { background: var(--soft); border-top: 4px solid var(--ink); padding: 12px 14px 11px; }
.tile b { display: block; font-size: 28px; line-height: 1.15; }
.tile span { display: block; }
.tile small { color: var(--quiet); font-size: 12.5px; }
.tile.success { border-color: var(--success); } .tile.noop { border-color: var(--noop); } .tile.failure { border-color: var(--failure); } .tile.parked { border-color: var(--parked); }
aside { border: 1px solid var(--parked); border-left-width: 5px; padding: 10px 18px 12px; margin: 22px 0 0; }
aside h2 { margin: 0 0 4px; font-size: 16px; }
aside ul { margin: 0; padding-left: 18px; }
a { color: inherit; }
.calm { color: var(--quiet); margin: 10px 0; }
figure { margin: 0; }
figcaption { color: var(--quiet); font-size: 13px; margin-top: 4px; }
.key { display: inline-block; width: 11px; height: 11px; margin: 0 3px 0 10px; vertical-align: -1px; }
.mark { color: var(--parked); font-weight: 700; margin-left: 10px; }
svg { display: block; width: 100%; height: auto; }
.grid { stroke: var(--rule); } .base { stroke: var(--ink); }
.axis { fill: var(--quiet); font-size: 12px; } text.parked { fill: var(--parked); font-size: 12px; font-weight: 700; }
rect.success { fill: var(--success); } rect.noop { fill: var(--noop); } rect.failure { fill: var(--failure); }
.key.success, .bar .success { background: var(--success); } .key.noop, .bar .noop { background: var(--noop); } .key.failure, .bar .failure, .bar .unknown { background: var(--failure); }
table { width: 100%; border-collapse: collapse; }
th { text-align: left; font-weight: 600; color: var(--quiet); font-size: 12.5px; border-bottom: 1.5px solid var(--ink); padding: 5px 12px 5px 0; }
td { border-bottom: 1px solid var(--rule); padding: 6px 12px 6px 0; vertical-align: top; overflow-wrap: anywhere; }
td p { margin: 0 0 5px; }
th:last-child, td:last-child { padding-right: 0; }
.number { text-align: right; white-space: nowrap; }
td:not(.number) { min-width: 84px; }
.quiet { color: var(--quiet); }
.chip { display: inline-block; padding: 0 7px; border: 1px solid currentColor; border-radius: 9px; font-size: 12.5px; white-space: nowrap; color: var(--quiet); }
.chip.success { color: var(--success); } .chip.failure, .chip.unknown { color: var(--failure); } .chip.parked { color: var(--parked); }
.bar { display: block; min-width: 130px; height: 11px; margin-top: 5px; }
.bar i { display: inline-block; height: 100%; vertical-align: top; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 36px; }
.pair .bar { min-width: 80px; }
footer { margin-top: 44px; border-top: 1px solid var(--rule); padding-top: 10px; color: var(--quiet); font-size: 12.5px; }
@page { size: A4; margin: 14mm 13mm; }
@media print {
  body { max-width: none; padding: 0; font-size: 10.5px; }
  h1 { font-size: 26px; } h2 { font-size: 14px; margin-top: 22px; break-after: avoid; }
  .tile { padding: 8px 10px; } .tile b { font-size: 20px; }
  td:not(.number) { min-width: 60px; } .bar, .pair .bar { min-width: 60px; height: 8px; margin-top: 3px; } .pair { gap: 20px; }
  .tile, .bar i, .key, rect { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  thead { display: table-header-group; } tr, figure, aside, .tile { break-inside: avoid; }
  th, .chip, figcaption, footer, .tile small { font-size: 9.5px; }
  a { text-decoration: none; }
}
@media screen and (max-width: 760px) { .tiles { grid-template-columns: repeat(2, 1fr); } .pair { display: block; } body { padding: 20px 14px; } }
`;
