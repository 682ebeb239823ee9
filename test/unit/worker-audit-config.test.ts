import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseConfig } from '../../worker/config.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const good = { CXONE_TENANT_ID: 'acme', CXONE_CLIENT_ID: 'client', CXONE_CLIENT_SECRET: 'hunter2-secret' };

test('a new password in AUDIT_URL_FILE is used for the next connection', (t) => {
  const file = join(temporaryFolder(t), 'audit-url');
  writeFileSync(file, 'postgresql://audit:first@db.example.com/audit\n');
  const parsed = parseConfig({ ...good, AUDIT_URL_FILE: file });
  assert.ok(parsed.ok && parsed.config.audit.kind === 'postgres');
  const { address } = parsed.config.audit;
  assert.equal(address.password(), 'first');
  writeFileSync(file, 'postgresql://audit:second%21@db.example.com/audit\n');
  assert.equal(address.password(), 'second!');
  writeFileSync(file, 'half of a');
  assert.equal(address.password(), 'first');
});

test('to another machine the certificate of PostgreSQL is verified, unless the URL says otherwise', () => {
  const modeOf = (url: string): unknown => {
    const parsed = parseConfig({ ...good, AUDIT_URL: url });
    assert.ok(parsed.ok && parsed.config.audit.kind === 'postgres');
    const { tls } = parsed.config.audit.address;
    return tls === false ? 'disable' : tls.mode;
  };
  assert.equal(modeOf('postgresql://u@db.example.com/a'), 'verify-full');
  assert.equal(modeOf('postgresql://u@db.example.com/a?sslmode=require'), 'require');
  assert.equal(modeOf('postgresql://u@db.example.com/a?sslmode=disable'), 'disable');
  assert.equal(modeOf('postgresql://u@127.0.0.1:5433/a'), 'disable');
  assert.equal(modeOf('postgresql://u@[::1]/a'), 'disable');
  assert.equal(modeOf('postgresql://u@%2Fvar%2Frun%2Fpostgresql/a'), 'disable');
});
