import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { AuditUnavailableError, AuditUnreachableError } from '../../audit/errors.ts';
import { parsePostgresUrl } from '../../audit/postgres-address.ts';
import { createPostgresSink } from '../../audit/postgres-sink.ts';
import { auditDatabase } from '../support/audit-database.ts';
import { selfSigned, startTlsFront } from '../support/tls-front.ts';

test('the certificate of PostgreSQL is judged as the sslmode says', async (t) => {
  const { writer } = await auditDatabase(t);
  const right = selfSigned(t, 'IP:127.0.0.1');
  const other = selfSigned(t, 'DNS:localhost');
  const [rightPort, otherPort] = [
    await startTlsFront(t, new URL(writer), right),
    await startTlsFront(t, new URL(writer), other),
  ];
  const url = (port: number, query: string): string => {
    const changed = new URL(writer);
    changed.port = String(port);
    changed.search = query;
    return changed.href;
  };
  await check(t, url(rightPort, `?sslmode=verify-full&sslrootcert=${right.cert}`));
  // A certificate that is named is to be verified.
  await check(t, url(rightPort, `?sslrootcert=${right.cert}`));
  await check(t, url(otherPort, `?sslmode=verify-ca&sslrootcert=${other.cert}`));
  await check(t, url(otherPort, '?sslmode=require'));
  await refused(t, url(otherPort, `?sslmode=verify-full&sslrootcert=${other.cert}`), /127\.0\.0\.1/);
  await refused(t, url(rightPort, '?sslmode=verify-full'), /self-signed/);
  await refused(t, url(rightPort, `?sslmode=verify-ca&sslrootcert=${other.cert}`), /self-signed/);
});

async function check(t: TestContext, url: string): Promise<void> {
  const parsed = parsePostgresUrl(url);
  assert.ok(parsed.ok);
  const sink = createPostgresSink(parsed);
  t.after(() => sink.close());
  await sink.check();
}

async function refused(t: TestContext, url: string, why: RegExp): Promise<void> {
  await assert.rejects(check(t, url), (error) => {
    assert.ok(error instanceof AuditUnavailableError && !(error instanceof AuditUnreachableError), String(error));
    assert.match(error.message, why);
    return true;
  });
}
