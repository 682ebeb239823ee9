/** `node test/faults/run.mjs [options]`: a fault campaign. `--help` says more. */
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from '../../tools/install.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));
await ensureInstalled();
const { register } = await import('tsx/esm/api');
register();
await import('./main.ts');
