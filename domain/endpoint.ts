/** A host and a port. An IPv6 host has no brackets here. */
export interface Endpoint {
  host: string;
  port: number;
}

/** Reads `host:port` or `[ipv6]:port`; undefined for anything else. Port 0 (any free one) only where `allowAnyPort`. */
export function parseEndpoint(text: string, allowAnyPort = false): Endpoint | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535 || (port === 0 && !allowAnyPort)) return undefined;
  return { host, port };
}
