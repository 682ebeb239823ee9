import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { BenchOptions, Figure, Result } from './figure.ts';
import { FIGURES } from './figures.ts';
import { describeMachine } from './report/machine.ts';
import { renderPage, type PageContext } from './report/markdown.ts';
import { renderSvg } from './report/plot.ts';
import { describeServers, SERVER_KINDS, type ServerKind } from './stage/server.ts';

const HELP = `npm run bench [-- figure … options]

Measures what the product costs and writes tables and plots. Without a figure: all but those marked with *.

${FIGURES.map(({ name, title, byDefault }) => `  ${name.padEnd(14)} ${byDefault ? ' ' : '*'} ${title}`).join('\n')}

  --quick          few and short rounds, to try the measurement; written to .data/bench/quick/
  --server KIND    ${SERVER_KINDS.join(' or ')}; by default all of them where a figure compares them
  --out FOLDER     where to write (docs/benchmarks)
  --help           show this
`;

interface Usage {
  figures: readonly Figure[];
  quick: boolean;
  servers: readonly ServerKind[];
  out: string;
}

/** Runs the figures that the arguments name; answers the exit code, 1 if a target was missed. */
export async function runBench(args: readonly string[]): Promise<number> {
  const usage = readUsage(args);
  if (usage === undefined) return 2;
  if (usage === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const { figures, quick, servers, out } = usage;
  mkdirSync(out, { recursive: true });
  mkdirSync('.data/bench', { recursive: true });
  const options: BenchOptions = { quick, servers, say };
  const context = {
    day: new Date().toISOString().slice(0, 10),
    quick,
  };
  const flags = args.filter((arg, index) => arg.startsWith('--') || args[index - 1]?.startsWith('--') === true);
  let missed = 0;
  for (const figure of figures) {
    say(`${figure.name}: ${figure.title}`);
    const result = await figure.measure(options);
    const used = figure.comparesServers === true ? servers : (['embedded'] as const);
    const machine = describeMachine(await describeServers(used, say));
    await write(out, figure, result, {
      ...context,
      machine,
      command: `npm run bench -- ${[figure.name, ...flags].join(' ')}`,
    });
    for (const { what, target, measured, reached } of result.verdicts) {
      say(`${reached ? 'reached' : 'MISSED '}  ${what}: ${measured} (${target})`);
      if (!reached) missed += 1;
    }
  }
  say(`written to ${out}`);
  return missed === 0 || quick ? 0 : 1;
}

async function write(out: string, figure: Figure, result: Result, context: PageContext): Promise<void> {
  for (const { name, options } of result.plots) writeFileSync(join(out, `${name}.svg`), renderSvg(options));
  writeFileSync(join(out, `${figure.name}.md`), await renderPage(figure, result, context));
}

function readUsage(args: readonly string[]): Usage | 'help' | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        server: { type: 'string' },
        out: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return 'help';
    const { quick } = values;
    return {
      figures: positionals.length === 0 ? FIGURES.filter(({ byDefault }) => byDefault) : positionals.map(named),
      quick,
      servers: values.server === undefined ? SERVER_KINDS : [serverNamed(values.server)],
      out: values.out ?? (quick ? '.data/bench/quick' : 'docs/benchmarks'),
    };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    return undefined;
  }
}

function named(name: string): Figure {
  const figure = FIGURES.find((candidate) => candidate.name === name);
  if (figure === undefined) throw new Error(`there is no figure named ${name}`);
  return figure;
}

function serverNamed(name: string): ServerKind {
  const kind = SERVER_KINDS.find((candidate) => candidate === name);
  if (kind === undefined) throw new Error(`--server must be ${SERVER_KINDS.join(' or ')}`);
  return kind;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
