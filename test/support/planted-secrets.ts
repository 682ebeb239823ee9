import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

/** Secrets by what they are for. */
export type Planted = Record<string, string>;

/** Places by name, with all that was written there. */
export type Outputs = Map<string, string>;

/** No planted secret is in any output, in no usual form. The failure names secret, form and place, and shows none. */
export function assertNoneIn(outputs: Outputs, planted: Planted): void {
  const found: string[] = [];
  for (const [place, text] of outputs) {
    for (const [name, secret] of Object.entries(planted)) {
      for (const [form, wanted] of formsOf(secret)) {
        if (text.includes(wanted)) found.push(`${name} as ${form} in ${place}`);
      }
    }
  }
  assert.deepEqual(found, []);
}

/** How a secret may look where somebody has put it: each form, and the text to look for. */
export function formsOf(secret: string): [form: string, text: string][] {
  const bytes = Buffer.from(secret);
  return [
    ['itself', secret],
    ['in capitals', secret.toUpperCase()],
    ['JSON', JSON.stringify(secret).slice(1, -1)],
    ['URL', encodeURIComponent(secret)],
    ['form', new URLSearchParams({ s: secret }).toString().slice(2)],
    ['hex', bytes.toString('hex')],
    ['bytes', [...bytes].join(',')],
    ...(['base64', 'base64url'] as const).flatMap((encoding) =>
      // Within a longer text it begins at any of three places in a group; the letters it shares with others are left out.
      [0, 1, 2].map((before): [string, string] => {
        const encoded = Buffer.concat([Buffer.alloc(before), bytes])
          .toString(encoding)
          .replace(/=+$/, '');
        const end = (before + bytes.length) % 3 === 0 ? encoded.length : encoded.length - 1;
        return [`${encoding} at ${before}`, encoded.slice(before === 0 ? 0 : before + 1, end)];
      }),
    ),
  ];
}

/** Every workflow of a task queue: its whole history, payloads as they are and decoded, and what a list shows of it. */
export async function historiesOf(temporal: Client, taskQueue: string): Promise<Outputs> {
  const outputs: Outputs = new Map();
  for await (const { workflowId, runId } of temporal.workflow.list({ query: `TaskQueue = "${taskQueue}"` })) {
    const handle = temporal.workflow.getHandle(workflowId, runId);
    const json = historyToJSON(await handle.fetchHistory());
    const payloads = [...json.matchAll(/"data": ?"([A-Za-z0-9+/=]*)"/g)].map(([, data = '']) =>
      Buffer.from(data, 'base64').toString('utf8'),
    );
    const shown = JSON.stringify(await handle.describe(), (_key, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    outputs.set(`the history of ${workflowId}, run ${runId}`, [json, ...payloads, shown].join('\n'));
  }
  return outputs;
}

/** A server that refuses everybody and repeats all that it was shown, in head and body. */
export async function startEcho(t: TestContext, status: number): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const shown = `${request.url} ${JSON.stringify(request.headers)}`;
    seen.push(shown);
    request.resume().on('end', () => echo(response, status, shown));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

function echo(response: ServerResponse, status: number, text: string): void {
  const headers = { 'content-type': 'application/json', 'x-echo': text, location: `http://127.0.0.1/${text}` };
  response.writeHead(status, headers).end(JSON.stringify({ error: text, message: text }));
}
