import { ConfigurationError } from './errors.ts';
import { tokenClaims } from './schemas.ts';

/** What provisioning needs. Without one of them the platform fails silently, somewhere later. */
export const REQUIRED_SCOPES = ['agents:edit', 'agents:view', 'skills:view', 'supervisor:control'] as const;

/**
 * Throws a {@link ConfigurationError} that names the scopes a JWT lacks. The signature is the platform's business: the
 * token came from it over TLS.
 */
export function assertScopes(accessToken: string): void {
  const granted = scopesOf(accessToken);
  const missing = REQUIRED_SCOPES.filter((scope) => !granted.includes(scope));
  if (missing.length === 0) return;
  throw new ConfigurationError(
    `The access token lacks the scope${missing.length === 1 ? '' : 's'} ${missing.join(', ')}: ` +
      'give the API client (CXONE_CLIENT_ID) and its account the permissions for them',
    missing,
  );
}

function scopesOf(accessToken: string): readonly string[] {
  const [, payload = ''] = accessToken.split('.');
  let claims: unknown;
  try {
    claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  } catch {
    claims = undefined;
  }
  const parsed = tokenClaims.safeParse(claims);
  if (parsed.success) return parsed.data.scope;
  throw new ConfigurationError(
    'The access token is not a JWT with a scope claim, so it can not be checked for what provisioning needs',
    REQUIRED_SCOPES,
  );
}
