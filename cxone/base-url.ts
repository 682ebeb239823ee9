import { TENANT_ID_PATTERN } from '../domain/request.ts';
import { ConfigurationError } from './errors.ts';

/** Where a tenant's platform is. */
export interface BaseUrl {
  origin: string;
  /** Goes before every path; empty or `/one/or/more` without a slash at the end. */
  prefix: string;
  /** The host is this machine, so that it can only be a test double. */
  loopback: boolean;
}

const PREFIX_PATTERN = /^(?:\/[A-Za-z0-9_.~-]+)*$/;
const LOOPBACK_PATTERN = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;

/**
 * The base URL of a tenant: `https://{tenantId}.api.cxone.com`, or `override`, which may be `https:` on any host or
 * `http:` on a loopback host, with a path in front of the API's but without credentials, query or fragment.
 * Throws a {@link ConfigurationError} that does not repeat the value, as it may hold credentials.
 */
export function parseBaseUrl(tenantId: string, override?: string): BaseUrl {
  if (!TENANT_ID_PATTERN.test(tenantId)) {
    throw new ConfigurationError(
      'CXONE_TENANT_ID must be one DNS label: letters, digits and inner hyphens, 63 at most',
    );
  }
  if (override !== undefined) return parseOverride(override);
  const host = `${tenantId}.api.cxone.com`.toLowerCase();
  const url = new URL(`https://${host}`);
  // The pattern is the guard; this makes sure that URL parsing agrees with it about where the host ends.
  if (url.hostname !== host) throw new ConfigurationError('CXONE_TENANT_ID does not give a host of the platform');
  return { origin: url.origin, prefix: '', loopback: false };
}

function parseOverride(override: string): BaseUrl {
  if (!URL.canParse(override)) throw new ConfigurationError('CXONE_BASE_URL is not a URL');
  const url = new URL(override);
  const loopback = LOOPBACK_PATTERN.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) {
    throw new ConfigurationError('CXONE_BASE_URL must be https; plain http is for loopback hosts only');
  }
  if (url.username !== '' || url.password !== '' || /[?#@\\]/.test(override)) {
    throw new ConfigurationError('CXONE_BASE_URL must not have credentials, a query or a fragment');
  }
  const prefix = url.pathname.replace(/\/+$/, '');
  if (!PREFIX_PATTERN.test(prefix)) throw new ConfigurationError('CXONE_BASE_URL has a path that can not be used');
  return { origin: url.origin, prefix, loopback };
}
