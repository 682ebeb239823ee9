import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { readVersion } from './version.ts';

/** Who this process is, to Temporal, to the platform and in the audit trail. */
export interface Instance {
  host: string;
  /** Tells this process from any other; unique for ever. */
  id: string;
  /** `host#pid`, as Temporal shows it. */
  identity: string;
  version: string;
  /** `skill-provisioner/<version> (<instance id>)`; the id tells two processes with one pid on one host apart. */
  userAgent: string;
}

/** A new instance of this process. */
export function createInstance(): Instance {
  const host = hostname();
  const version = readVersion();
  const id = `${host.replaceAll(/[^A-Za-z0-9.-]/g, '_')}-${process.pid}-${randomBytes(4).toString('hex')}`;
  return { host, id, identity: `${host}#${process.pid}`, version, userAgent: `skill-provisioner/${version} (${id})` };
}
