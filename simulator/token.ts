import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { ok, type Answer } from './http.ts';
import { ALL_SCOPES, type TenantSeed } from './model.ts';

/** A token the simulator has issued. */
export interface IssuedToken {
  tenantId: string;
  scopes: readonly string[];
  /** Epoch milliseconds. */
  expiresAt: number;
  revoked: boolean;
}

export interface TokenOptions {
  lifetimeS: number;
  /** How the JWT carries its scopes. */
  scopeClaim: 'string' | 'array';
}

/** Issues, looks up and revokes access tokens. */
export class TokenIssuer {
  readonly #tenants: readonly TenantSeed[];
  readonly #options: TokenOptions;
  readonly #issued = new Map<string, IssuedToken>();
  readonly #key = randomBytes(32);
  /** Of tenants whose secret has been replaced. */
  readonly #secrets = new Map<string, readonly string[]>();

  constructor(tenants: readonly TenantSeed[], options: TokenOptions) {
    this.#tenants = tenants;
    this.#options = options;
  }

  /** Answers `POST /oauth/token`. */
  answer(form: URLSearchParams): { answer: Answer; tenantId?: string; token?: string } {
    const tenant = this.#tenants.find(({ clientId }) => clientId === form.get('client_id'));
    if (form.get('grant_type') !== 'client_credentials') {
      return { answer: { status: 400, body: { error: 'unsupported_grant_type' } } };
    }
    if (tenant === undefined || !this.#secretsOf(tenant).includes(form.get('client_secret') ?? '')) {
      return { answer: { status: 401, body: { error: 'invalid_client' } } };
    }
    const asked = form.get('scope')?.split(' ').filter(Boolean);
    const scopes = (tenant.scopes ?? ALL_SCOPES).filter((scope) => asked === undefined || asked.includes(scope));
    const token = this.#issue(tenant, scopes);
    const body = {
      access_token: token,
      token_type: 'Bearer',
      expires_in: this.#options.lifetimeS,
      scope: scopes.join(' '),
    };
    return { answer: ok(body, { 'cache-control': 'no-store' }), tenantId: tenant.tenantId, token };
  }

  /** The tenant a form's client id belongs to, whatever its secret. */
  tenantOf(form: URLSearchParams): string | undefined {
    return this.#tenants.find(({ clientId }) => clientId === form.get('client_id'))?.tenantId;
  }

  find(token: string): IssuedToken | undefined {
    return this.#issued.get(token);
  }

  /** Revokes every token of a tenant, or of all. */
  revokeAll(tenantId?: string): void {
    for (const issued of this.#issued.values()) {
      if (tenantId === undefined || issued.tenantId === tenantId) issued.revoked = true;
    }
  }

  /** These secrets of a tenant's client are taken from now on, and no others. */
  setSecrets(secrets: readonly string[], tenantId: string): void {
    this.#secrets.set(tenantId, secrets);
  }

  /** Every token issued so far. */
  all(): string[] {
    return [...this.#issued.keys()];
  }

  #secretsOf({ tenantId, clientSecret }: TenantSeed): readonly string[] {
    return this.#secrets.get(tenantId) ?? [clientSecret];
  }

  #issue(tenant: TenantSeed, scopes: readonly string[]): string {
    const iat = Math.floor(Date.now() / 1000);
    const exp = iat + this.#options.lifetimeS;
    const payload = {
      iss: 'simulator',
      sub: tenant.clientId,
      tenantId: tenant.tenantId,
      scope: this.#options.scopeClaim === 'array' ? scopes : scopes.join(' '),
      iat,
      exp,
      jti: randomUUID(),
    };
    const unsigned = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(payload)}`;
    const token = `${unsigned}.${createHmac('sha256', this.#key).update(unsigned).digest('base64url')}`;
    this.#issued.set(token, { tenantId: tenant.tenantId, scopes, expiresAt: exp * 1000, revoked: false });
    return token;
  }
}

/** Enough of a hash to tell two tokens apart. */
export function tokenId(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, 12);
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
