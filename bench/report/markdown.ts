import { format, resolveConfig } from 'prettier';
import type { Figure, Result, Table, Verdict } from '../figure.ts';

/** What a page says beside the result. */
export interface PageContext {
  command: string;
  machine: readonly string[];
  /** Of the run. */
  day: string;
  /** The rounds were too few to mean anything. */
  quick: boolean;
}

/** A figure as a page of Markdown, formatted as this repository's files are. */
export async function renderPage(figure: Figure, result: Result, context: PageContext): Promise<string> {
  const parts = [
    `# ${figure.title}`,
    ...(context.quick ? ['**A short run that shows the measurement at work; its numbers mean nothing.**'] : []),
    `\`${context.command}\`, ${context.day}`,
    ...(result.verdicts.length === 0 ? [] : [verdictTable(result.verdicts)]),
    ...result.tables.map((table) => `${table.caption}\n\n${toTable(table)}`),
    ...result.plots.map(({ name, alt }) => `![${alt}](${name}.svg)`),
    `## How it was measured\n\n${bullets(result.method)}`,
    `## On what\n\n${bullets(context.machine)}`,
  ];
  const path = 'docs/benchmarks/page.md';
  return format(parts.join('\n\n'), { ...(await resolveConfig(path, { editorconfig: true })), filepath: path });
}

function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ what, target, measured, reached }) => [
    what,
    target,
    measured,
    reached ? 'yes' : '**no**',
  ]);
  return toTable({ caption: '', head: ['figure', 'to reach', 'measured', 'reached'], rows });
}

function toTable({ head, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n');
}
