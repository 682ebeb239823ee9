/**
 * `node bench/run.mjs [figure …] [--quick] [--server embedded|postgresql] [--out FOLDER]`: measures what the product
 * costs and writes tables and plots. `--help` lists the figures.
 */
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from '../tools/install.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
await ensureInstalled();
const { ensureBuilt } = await import('../tools/build.mjs');
await ensureBuilt();
const { register } = await import('tsx/esm/api');
register();
const { runBench } = await import('./main.ts');
// The processes we start do not keep us alive, and for their answers we wait.
setInterval(() => undefined, 60_000);
// Connections that are closing must not hold up the end.
process.exit(await runBench(process.argv.slice(2)));
