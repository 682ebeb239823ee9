import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FaultAction, Faults, When } from './faults.ts';
import { sendGarbage } from './garbage.ts';
import { isObject, parseJson, readBody, type Answer } from './http.ts';
import type { LedgerEntry } from './ledger.ts';
import type { Platform } from './platform.ts';
import { routeOf } from './route.ts';
import { tokenId, type IssuedToken } from './token.ts';

/** Serves one request: the ledger, the faults, the platform. */
export class Exchange {
  readonly #platform: Platform;
  readonly #faults: Faults;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #entry: LedgerEntry;
  #text = '';
  #token: IssuedToken | undefined;
  #actions: FaultAction[] = [];
  /** The connection is ended, or its body spoilt, by a fault. */
  #spoilt = false;

  constructor(platform: Platform, faults: Faults, request: IncomingMessage, response: ServerResponse) {
    this.#platform = platform;
    this.#faults = faults;
    this.#request = request;
    this.#response = response;
    const method = request.method ?? 'GET';
    // As it came: what a URL parser would make of `..` is not what the caller sent.
    const [path = '/'] = (request.url ?? '/').split('?');
    this.#entry = platform.ledger.open({
      actor: 'client',
      method,
      path,
      ...routeOf(method, path),
      ...essentials(request),
    });
    this.#authenticate();
    response.on('close', () => {
      if (!response.writableFinished && !this.#spoilt) this.#entry.abandonedMono = performance.now();
    });
  }

  async serve(latencyMs: number): Promise<void> {
    const entry = this.#entry;
    try {
      this.#text = await readBody(this.#request);
    } catch {
      this.#drop();
      return;
    }
    this.#noteBody();
    if (latencyMs > 0) await this.#platform.clock.sleep(latencyMs);
    this.#actions = this.#faults.take(entry);
    if (await this.#runs('before')) {
      this.#drop();
      return;
    }
    const substitute = this.#substitute();
    const carriedOut = substitute === undefined || substitute.applied === true;
    const genuine = carriedOut ? this.#carryOut() : undefined;
    if (await this.#runs('after')) {
      this.#drop();
      return;
    }
    await this.#answer(genuine, substitute);
  }

  #authenticate(): void {
    const bearer = /^Bearer (.+)$/i.exec(this.#request.headers.authorization ?? '')?.[1];
    if (bearer === undefined) return;
    this.#token = this.#platform.tokens.find(bearer);
    this.#entry.tokenId = tokenId(bearer);
    if (this.#token === undefined) return;
    this.#entry.tokenExpiresAt = this.#token.expiresAt;
    this.#entry.tenantId = this.#token.tenantId;
  }

  /** The form of a token request holds the secret, so it never gets into the ledger. */
  #noteBody(): void {
    if (this.#entry.operation === 'token') {
      const tenantId = this.#platform.tokens.tenantOf(new URLSearchParams(this.#text));
      if (tenantId !== undefined) this.#entry.tenantId = tenantId;
    } else if (this.#text !== '') {
      const body = parseJson(this.#text);
      if (body !== undefined) this.#entry.body = body;
    }
  }

  #carryOut(): Answer {
    const { ledger, tokens } = this.#platform;
    const entry = this.#entry;
    if (entry.operation !== 'token') {
      const answer = this.#platform.carryOut(entry, this.#token, entry.body);
      ledger.effect(entry);
      return answer;
    }
    ledger.processed(entry);
    const { answer, token } = tokens.answer(new URLSearchParams(this.#text));
    if (token !== undefined) {
      entry.applied = true;
      entry.tokenId = tokenId(token);
      entry.tokenExpiresAt = tokens.find(token)?.expiresAt ?? 0;
    }
    return answer;
  }

  /** Goes through what the faults do at this point; answers whether the connection is to end. */
  async #runs(when: When): Promise<boolean> {
    for (const action of this.#actions) {
      if (action.kind === 'routing') this.#disturb(action);
      if (!('when' in action) || action.when !== when) continue;
      if (action.kind === 'drop') return true;
      if (action.kind === 'delay') await this.#platform.clock.sleep(action.ms);
      if (action.kind === 'wait') await action.until(this.#entry);
      if (action.kind === 'call') await action.run(this.#entry);
      if (action.kind === 'revoke-token') this.#platform.tokens.revokeAll(this.#entry.tenantId);
    }
    return false;
  }

  #disturb({ disturbance }: Extract<FaultAction, { kind: 'routing' }>): void {
    const agent = this.#platform.findAgent(this.#entry);
    if (agent !== undefined) Object.assign(agent.disturbance, disturbance);
  }

  #substitute(): Substitute | undefined {
    for (const action of this.#actions) {
      if (action.kind === 'answer') return { applied: action.applied, answer: substituteAnswer(action) };
      if (action.kind === 'garble') return { applied: action.applied, garbage: action.as };
      if (action.kind === 'redirect') {
        return { answer: { status: action.status ?? 307, headers: { location: action.location } } };
      }
    }
    return undefined;
  }

  async #answer(genuine: Answer | undefined, substitute: Substitute | undefined): Promise<void> {
    this.#spoilt = substitute?.garbage !== undefined;
    if (substitute?.answer !== undefined) this.#entry.madeUp = true;
    // Taken before the answer is out: the caller's next request may come in before this one is seen to be finished.
    const answeredMono = performance.now();
    if (substitute?.garbage !== undefined) {
      const status = genuine?.status ?? 200;
      this.#entry.status = status;
      const text = JSON.stringify(genuine?.body ?? {});
      await sendGarbage(this.#response, { status, as: substitute.garbage, genuine: text }, this.#platform.clock);
    } else {
      const answer = substitute?.answer ?? genuine;
      if (answer === undefined) {
        this.#drop();
        return;
      }
      if (genuine === undefined) this.#rememberSubstitute(answer);
      this.#send(answer);
    }
    await closed(this.#response);
    this.#entry.delivered = !this.#spoilt && this.#response.writableFinished && this.#entry.abandonedMono === undefined;
    this.#platform.ledger.close(this.#entry, this.#spoilt ? undefined : answeredMono);
  }

  /** A refusal that settles a write is kept for its key, whoever made it up. */
  #rememberSubstitute(answer: Answer): void {
    if (this.#entry.operation !== 'patchAgent' || this.#token === undefined) return;
    if (answer.status === 200) return;
    const tenant = this.#platform.tenant(this.#token.tenantId);
    this.#platform.directory.remember({ entry: this.#entry, tenant }, answer);
  }

  #send({ status, body, headers = {} }: Answer): void {
    const entry = this.#entry;
    entry.status = status;
    if (isObject(body) && typeof body['error'] === 'string') entry.errorCode = body['error'];
    if (headers['retry-after'] !== undefined) entry.retryAfter = headers['retry-after'];
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    this.#response.writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
      ...headers,
    });
    this.#response.end(text);
  }

  #drop(): void {
    this.#spoilt = true;
    this.#response.destroy();
    this.#platform.ledger.close(this.#entry);
  }
}

interface Substitute {
  applied?: boolean | undefined;
  answer?: Answer;
  garbage?: Extract<FaultAction, { kind: 'garble' }>['as'];
}

function substituteAnswer(action: Extract<FaultAction, { kind: 'answer' }>): Answer {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(action.headers ?? {})) headers[name.toLowerCase()] = value;
  if (action.retryAfter !== undefined) headers['retry-after'] = String(action.retryAfter);
  if (action.retryAfterDateMs !== undefined) {
    // An HTTP date has no milliseconds: rounded down it would end too early.
    const at = Math.ceil((Date.now() + action.retryAfterDateMs) / 1000) * 1000;
    headers['retry-after'] = new Date(at).toUTCString();
  }
  return { status: action.status, headers, ...(action.body === undefined ? {} : { body: action.body }) };
}

function essentials({ headers }: IncomingMessage): Partial<LedgerEntry> {
  const ifMatch = headers['if-match'];
  const key = headers['x-idempotency-key'];
  return {
    ...(headers['user-agent'] === undefined ? {} : { userAgent: headers['user-agent'] }),
    ...(ifMatch === undefined ? {} : { ifMatch }),
    ...(typeof key === 'string' ? { idempotencyKey: key } : {}),
  };
}

/** Resolves when the answer is out, or its connection gone. */
function closed(response: ServerResponse): Promise<void> {
  if (response.closed || response.writableFinished) return Promise.resolve();
  return new Promise((resolve) => {
    response.once('finish', resolve);
    response.once('close', resolve);
  });
}
