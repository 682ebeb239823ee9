import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { createPayloadCodec, type PayloadCodecOptions } from './codec.ts';

/** What a client writes and reads payloads with. */
export function clientDataConverter(options: PayloadCodecOptions): DataConverter {
  return { payloadCodecs: [createPayloadCodec(options)] };
}

/** What a worker writes and reads payloads with; where there are keys, failures of activities are encrypted too. */
export function workerDataConverter(options: PayloadCodecOptions): DataConverter {
  const converter = clientDataConverter(options);
  if (options.protection === undefined) return converter;
  const failureConverterPath = fileURLToPath(new URL('./failure-converter.cjs', import.meta.url));
  return { ...converter, failureConverterPath };
}
