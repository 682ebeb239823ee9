import { Client } from '@temporalio/client';
import { defaultPayloadConverter, type Payload, type PayloadCodec } from '@temporalio/common';
import { decodeMapFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { refusalIn, type PayloadRefusedError } from '../payloads/refusal.ts';

type Memo = Record<string, unknown> | undefined;

/** A memo, or why it was not read. */
export type ReadMemo = { memo: Memo; refused?: never } | { memo?: never; refused: PayloadRefusedError };

/**
 * The SDK reads the memo of each item of a list, those of other people's schedules too, and a single one that can't be
 * read fails the list whole. So `client` leaves them unread, and `read` reads those that are wanted.
 */
export interface UnreadMemos {
  client: Client;
  /** `workflowId`: whose memo it is, if it is that of a run. Throws where no keys are set, which no other item mends. */
  read: (memo: Memo, workflowId?: string) => Promise<ReadMemo>;
}

/** For one list. */
export function leaveMemosUnread({ connection, options }: Client): UnreadMemos {
  const { loadedDataConverter, namespace } = options;
  const kept: Payload[] = [];
  const codec: PayloadCodec = {
    encode: async (payloads) => payloads,
    // What the SDK takes for the value is its place among those kept.
    decode: async (payloads) => payloads.map((payload) => defaultPayloadConverter.toPayload(kept.push(payload) - 1)),
  };
  return {
    client: new Client({ connection, namespace, dataConverter: { payloadCodecs: [codec] } }),
    async read(memo, workflowId) {
      const fields = Object.entries(memo ?? {}).map(([name, place]) => [name, kept[place as number]]);
      const context = workflowId === undefined ? undefined : ({ type: 'workflow', namespace, workflowId } as const);
      try {
        const payloads = Object.fromEntries(fields) as Record<string, Payload>;
        return { memo: await decodeMapFromPayloads(loadedDataConverter, payloads, context) };
      } catch (error) {
        const refused = refusalIn(error);
        if (refused === undefined || refused.reason === 'no-keys') throw error;
        return { refused };
      }
    },
  };
}
