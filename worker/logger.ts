import type { LogLevel, LogMetadata, Logger } from '@temporalio/common';
import pino from 'pino';
import type { LogLevelName } from './config.ts';
import type { Redactor } from '../domain/redactor.ts';

export interface LoggerOptions {
  level: LogLevelName;
  redactor: Redactor;
  /** Fields of every line. */
  base?: Record<string, string>;
  /** Where lines go. */
  write: (line: string) => void;
}

/** Keys whose values are never written, at the top of a line or one or two levels down. */
const SECRET_KEYS = [
  'authorization',
  'Authorization',
  'clientSecret',
  'client_secret',
  'accessToken',
  'access_token',
  'apiKey',
  'password',
];

const PINO_LEVELS: Record<LogLevel, pino.Level> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

/**
 * A logger of JSON lines that fits the SDK's runtime and our own code. Secrets are taken out by the names of fields and,
 * of the finished line, by value.
 */
export function createLogger({ level, redactor, base = {}, write }: LoggerOptions): Logger {
  const lines = pino(
    {
      level,
      base,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
      redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[redacted]' },
    },
    { write: (line) => write(redactor.redact(line)) },
  );
  const log = (severity: LogLevel, message: string, meta: LogMetadata = {}): void => {
    const kept = 'taskEncoded' in meta ? withoutTask(meta) : meta;
    lines[PINO_LEVELS[severity]](kept, message);
  };
  return {
    log,
    trace: (message, meta) => log('TRACE', message, meta),
    debug: (message, meta) => log('DEBUG', message, meta),
    info: (message, meta) => log('INFO', message, meta),
    warn: (message, meta) => log('WARN', message, meta),
    error: (message, meta) => log('ERROR', message, meta),
  };
}

/**
 * What the SDK says of a task that could not be begun holds the task whole, payloads and all, as JSON and as bytes. Both
 * are in the history, for those who may read it.
 */
function withoutTask({ task: _task, taskEncoded: _encoded, ...meta }: LogMetadata): LogMetadata {
  return meta;
}
