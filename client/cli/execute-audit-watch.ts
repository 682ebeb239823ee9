import pino from 'pino';
import { InvalidKeyError, parseSigningKey, type SigningKey } from '../../audit/chain/checkpoint.ts';
import type { SealerConfig } from '../../audit/chain/sealer-config.ts';
import { createSealingService } from '../../audit/chain/sealing-service.ts';
import { openIntents } from '../../audit/open-intents.ts';
import { connectPostgres } from '../../audit/postgres-connection.ts';
import { createPostgresTrail } from '../../audit/postgres-trail.ts';
import { startHealthServer } from '../../service/health.ts';
import { ListenError, type Listening } from '../../service/listen.ts';
import { startMetricsPage } from '../../service/metrics-page.ts';
import { AuditCommandError } from './audit-command-error.ts';
import type { CommandResult } from './documents.ts';
import type { AuditCommand } from './execute-audit.ts';
import { addressOfDatabase } from './execute-audit-store.ts';
import type { Waiting } from './execute.ts';
import { EXIT } from './exit-codes.ts';
import { InvalidFileError, readInputFile } from './input-file.ts';

/** A statement of the sealer takes a moment; one that takes this long hangs. */
const STATEMENT_TIMEOUT_MS = 60_000;

/** It reads every intent that is kept, every five minutes; a statement of it that takes longer would meet the next one. */
const COUNT_TIMEOUT_MS = 240_000;

/** Longer than a request without trouble takes, an agent who is talking included; the same as of "audit open". */
const OPEN_AFTER_MS = 900_000;

interface CheckpointTarget {
  place: string;
  key: SigningKey;
}

/** Where checkpoints go and the key that signs them. Throws in the caller's terms if one of them is missing or wrong. */
export async function requireCheckpointTarget(sealer: SealerConfig | undefined): Promise<CheckpointTarget> {
  const problems = [
    ...(sealer?.checkpoints === undefined
      ? [{ path: 'AUDIT_CHECKPOINTS', message: 'is required: where checkpoints go' }]
      : []),
    ...(sealer?.keyFile === undefined
      ? [{ path: 'AUDIT_CHECKPOINT_KEY_FILE', message: 'is required: what signs them; see "audit keygen"' }]
      : []),
  ];
  if (sealer?.checkpoints !== undefined && sealer.keyFile !== undefined) {
    return { place: sealer.checkpoints, key: await readSigningKey(sealer.keyFile) };
  }
  const text = problems.map(({ path, message }) => `${path} ${message}`).join('; ');
  throw new AuditCommandError('invalid-configuration', `${text}.`, { problems });
}

/** Runs the sealer until it is told to stop. What happens is said on stderr, a JSON document a line. */
export async function runSealingService({ config }: AuditCommand, waiting: Waiting): Promise<CommandResult> {
  const { sealer } = config;
  if (sealer === undefined) throw new Error('the settings of the sealer were not read');
  const address = addressOfDatabase(config.store);
  const checkpoints = sealer.keyFile === undefined ? undefined : await requireCheckpointTarget(sealer);
  const lines = pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    { write: (line) => void waiting.stderr.write(line) },
  );
  const service = createSealingService({
    connect: () => connectPostgres(address, { name: 'audit seal', statementTimeoutMs: STATEMENT_TIMEOUT_MS }),
    checkpoints,
    checkpointIntervalMs: sealer.checkpointIntervalMs,
    sealIntervalMs: sealer.sealIntervalMs,
    countOpenIntents: async () => {
      const open = await openIntents(
        createPostgresTrail(address, { statementTimeoutMs: COUNT_TIMEOUT_MS }),
        OPEN_AFTER_MS,
      );
      return open.filter(({ parked }) => parked === undefined).length;
    },
    log: (level, message, facts = {}) => lines[level](facts, message),
  });
  const listening: Listening[] = [];
  try {
    if (sealer.health !== undefined) {
      listening.push(await startHealthServer(sealer.health, { sealing: () => service.check() }, waiting.redact));
    }
    if (sealer.metrics !== undefined) listening.push(await startMetricsPage(sealer.metrics, () => service.metrics()));
    lines.info({ listening: listening.map(({ address: at }) => at) }, 'sealing');
    if (checkpoints === undefined) lines.warn('no checkpoints are made: AUDIT_CHECKPOINT_KEY_FILE is not set');
    const sealed = await service.run(waiting.signal);
    lines.info({ sealed }, 'stopped');
    return { document: { sealed }, text: `sealed ${sealed} records`, exitCode: EXIT.done };
  } catch (error) {
    if (error instanceof ListenError) throw new AuditCommandError('invalid-configuration', error.message);
    throw error;
  } finally {
    for (const server of listening) await server.close();
  }
}

async function readSigningKey(path: string): Promise<SigningKey> {
  const { text } = await readInputFile(path);
  try {
    return parseSigningKey(text);
  } catch (error) {
    if (error instanceof InvalidKeyError) throw new InvalidFileError(path, error.message);
    throw error;
  }
}
