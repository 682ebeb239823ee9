import { chmod, writeFile } from 'node:fs/promises';
import { readCheckpoints } from '../../audit/chain/checkpoint-place.ts';
import { InvalidKeyError, parseVerifyingKeys, type VerifyingKeys } from '../../audit/chain/checkpoint.ts';
import type { Finding } from '../../audit/chain/finding.ts';
import type { CheckpointLine } from '../../audit/chain/judge-checkpoints.ts';
import { newKeyPair } from '../../audit/chain/key-pair.ts';
import { makeCheckpoints } from '../../audit/chain/make-checkpoints.ts';
import { sealBatch, UnsealableError } from '../../audit/chain/sealer.ts';
import { verifyTrail } from '../../audit/chain/verify-trail.ts';
import { AuditCommandError } from './audit-command-error.ts';
import { renderVerification, type Verification } from './audit-chain-render.ts';
import { createCounter } from './counter.ts';
import type { CommandResult } from './documents.ts';
import type { AuditCommand } from './execute-audit.ts';
import { withDatabase } from './execute-audit-store.ts';
import { requireCheckpointTarget, runSealingService } from './execute-audit-watch.ts';
import type { Waiting } from './execute.ts';
import { EXIT } from './exit-codes.ts';
import { InvalidFileError, readInputFile } from './input-file.ts';

/** So many findings are listed; the others are counted. */
const MOST_FINDINGS = 1_000;

/** Carries out what makes tampering with the audit trail show. */
export async function executeAuditChain(command: AuditCommand, waiting: Waiting): Promise<CommandResult> {
  switch (command.name) {
    case 'audit seal':
      return command.switches.has('watch') ? runSealingService(command, waiting) : seal(command, waiting);
    case 'audit checkpoint':
      return makeNow(command);
    case 'audit verify':
      return verify(command, waiting);
    case 'audit keygen':
      return keygen(command.values.get('out') ?? '');
    default:
      throw new Error(`no way to carry out ${command.name}`);
  }
}

async function seal({ config }: AuditCommand, { signal, stderr }: Waiting): Promise<CommandResult> {
  const count = createCounter(stderr);
  let sealed = 0;
  await withDatabase(config.store, async (client) => {
    let more = true;
    while (more && !signal.aborted) {
      const batch = await sealBatch(client).catch(inCallersTerms);
      sealed += batch.sealed;
      more = batch.more;
      count.show(`sealed ${sealed} records`);
    }
  }).finally(() => count.end());
  return { document: { sealed }, text: `sealed ${sealed} records`, exitCode: EXIT.done };
}

async function makeNow({ config }: AuditCommand): Promise<CommandResult> {
  const { place, key } = await requireCheckpointTarget(config.sealer);
  const made = await withDatabase(config.store, (client) => makeCheckpoints(client, place, key).catch(inCallersTerms));
  const lines = made.map(({ tenantId, position }) => `${tenantId}: position ${position}`);
  const text = made.length === 0 ? 'no chain has grown since its latest checkpoint' : lines.join('\n');
  return { document: { checkpoints: made }, text, exitCode: EXIT.done };
}

async function verify({ config, values }: AuditCommand, { signal, stderr }: Waiting): Promise<CommandResult> {
  const place = values.get('checkpoints') ?? config.sealer?.checkpoints;
  const checkpoints = place === undefined ? [] : await checkpointsOf(place);
  const keys = await keysOf(values.get('public-key'));
  const findings: Finding[] = [];
  const torn: string[] = [];
  let found = 0;
  const count = createCounter(stderr);
  const startedAt = performance.now();
  const tenants = await withDatabase(config.store, (client) =>
    verifyTrail(client, {
      tenantId: values.get('tenant'),
      checkpoints,
      keys,
      retention: config.retention,
      signal,
      report: (finding) => {
        found += 1;
        if (findings.length < MOST_FINDINGS) findings.push(finding);
      },
      onTornCheckpoint: (where) => torn.push(where),
      onProgress: (links) => count.show(`verified ${links} records`),
    }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
      throw new AuditCommandError('interrupted', 'The verification was interrupted; nothing is known of the rest.');
    }),
  ).finally(() => count.end());
  const verification: Verification = {
    sound: found === 0,
    tenants,
    findings,
    leftOut: found - findings.length,
    checkpoints: checkpoints.length,
    torn,
    signatures: keys === undefined ? 'not judged' : 'judged',
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
  };
  return {
    document: verification,
    text: renderVerification(verification),
    exitCode: found === 0 ? EXIT.done : EXIT.tampered,
  };
}

async function keygen(path: string): Promise<CommandResult> {
  const { keyId, privateKey, publicKey } = newKeyPair();
  const publicPath = `${path}.pub`;
  await writeNew(path, privateKey, 0o600);
  await writeNew(publicPath, publicKey, 0o644);
  const text = `key ${keyId}\n  private: ${path} (for the sealer only)\n  public:  ${publicPath} (for whoever verifies)`;
  return { document: { keyId, privateKeyFile: path, publicKeyFile: publicPath }, text, exitCode: EXIT.done };
}

/** Never over a file that is there: it could be the key of all earlier checkpoints. */
async function writeNew(path: string, text: string, mode: number): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx', mode });
    await chmod(path, mode);
  } catch (error) {
    throw new InvalidFileError(path, `can't be made (${codeOf(error)})`);
  }
}

async function checkpointsOf(place: string): Promise<CheckpointLine[]> {
  try {
    return await readCheckpoints(place);
  } catch (error) {
    throw new InvalidFileError(place, `can't be read (${codeOf(error)})`);
  }
}

async function keysOf(path: string | undefined): Promise<VerifyingKeys | undefined> {
  if (path === undefined) return undefined;
  const { text } = await readInputFile(path);
  try {
    return parseVerifyingKeys(text);
  } catch (error) {
    if (error instanceof InvalidKeyError) throw new InvalidFileError(path, error.message);
    throw error;
  }
}

function inCallersTerms(error: unknown): never {
  if (error instanceof UnsealableError) throw new AuditCommandError('not-sealable', error.message);
  const path = error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : undefined;
  if (path !== undefined) throw new InvalidFileError(path, `can't be written (${codeOf(error)})`);
  throw error;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}
