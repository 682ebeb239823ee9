import { once } from 'node:events';
import { open, rename, rm } from 'node:fs/promises';
import type { CliStream } from './main.ts';

/** Texts are collected to pieces of this size, in characters. */
const PIECE = 65_536;

/** A file that can't be written. */
class OutputFileError extends Error {
  override readonly name = 'OutputFileError';
  readonly code = 'invalid-file';
  readonly details: Record<string, unknown>;

  constructor(file: string, cause: unknown) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
    super(`${file} can't be written (${code}).`, { cause });
    this.details = { file };
  }
}

/**
 * Writes a stream of texts to a file that only its owner can read. The file is there whole or not at all: it gets its name
 * when it is complete. Throws an error with the code `invalid-file`, or what the texts throw.
 */
export async function writeTextFile(path: string, texts: AsyncIterable<string>): Promise<void> {
  const partial = `${path}.${process.pid}.part`;
  const file = await orOutputError(path, open(partial, 'wx', 0o600));
  try {
    try {
      for await (const piece of inPieces(texts)) await orOutputError(path, file.appendFile(piece));
      await orOutputError(path, file.sync());
    } finally {
      await file.close();
    }
    await orOutputError(path, rename(partial, path));
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/**
 * Writes a stream of texts to a stream, no faster than that takes them. A reader who has had enough, such as `head`, ends
 * it early; that is no error.
 */
export async function writeTextStream(stream: CliStream, texts: AsyncIterable<string>): Promise<void> {
  const emitter = 'on' in stream ? (stream as unknown as NodeJS.WriteStream) : undefined;
  const state: { failure?: Error } = {};
  const onError = (error: Error): void => void (state.failure = error);
  emitter?.on('error', onError);
  try {
    for await (const piece of inPieces(texts)) {
      if (state.failure !== undefined) break;
      const taken = stream.write(piece);
      if (taken === false && emitter !== undefined) await once(emitter, 'drain').catch(onError);
    }
  } finally {
    emitter?.off('error', onError);
  }
  const { failure } = state;
  if (failure !== undefined && !('code' in failure && failure.code === 'EPIPE')) throw failure;
}

async function* inPieces(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let piece: string[] = [];
  let length = 0;
  for await (const text of texts) {
    piece.push(text);
    length += text.length;
    if (length < PIECE) continue;
    yield piece.join('');
    piece = [];
    length = 0;
  }
  if (length > 0) yield piece.join('');
}

async function orOutputError<Result>(path: string, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw new OutputFileError(path, error);
  }
}
