import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBaseUrl } from '../../cxone/base-url.ts';
import { ConfigurationError } from '../../cxone/errors.ts';

test('a tenant is the first label of the host', () => {
  assert.deepEqual(parseBaseUrl('acme-01'), { origin: 'https://acme-01.api.cxone.com', prefix: '', loopback: false });
  assert.equal(parseBaseUrl('Acme').origin, 'https://acme.api.cxone.com');
});

test('nothing but one DNS label is a tenant', () => {
  const label = 'x'.repeat(64);
  for (const tenantId of [
    '',
    'evil.com/',
    'a.b',
    '-a',
    'a-',
    'a_b',
    'a@b',
    'a:1',
    'a#',
    'a?',
    'a\\',
    'ä',
    'a b',
    'a\n',
    label,
  ]) {
    assert.throws(() => parseBaseUrl(tenantId), ConfigurationError, tenantId);
    assert.throws(() => parseBaseUrl(tenantId, 'http://127.0.0.1:1'), ConfigurationError, tenantId);
  }
});

test('plain http is for loopback hosts only', () => {
  for (const url of ['http://127.0.0.1:8080', 'http://127.9.8.7', 'http://[::1]:1', 'http://localhost:3000']) {
    assert.equal(parseBaseUrl('acme', url).loopback, true, url);
  }
  const others = [
    'http://example.com',
    'http://10.0.0.1',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
  ];
  for (const url of [...others, 'http://0.0.0.0', 'http://[::2]', 'ftp://127.0.0.1', 'file:///etc']) {
    assert.throws(() => parseBaseUrl('acme', url), ConfigurationError, url);
  }
});

test('another host is reached over https, with a path in front if need be', () => {
  assert.deepEqual(parseBaseUrl('acme', 'https://cx.example.com:8443/api-gw/cxone/'), {
    origin: 'https://cx.example.com:8443',
    prefix: '/api-gw/cxone',
    loopback: false,
  });
});

test('a base URL with credentials, a query or a fragment is refused without repeating it', () => {
  const urls = ['https://u:sesame@h.com', 'https://h.com?sesame', 'https://h.com/#sesame', 'https://h.com?', 'sesame'];
  for (const url of [...urls, 'https://h.com/a%2e/sesame', 'https://h.com/a//sesame', 'https://@h.com/sesame']) {
    assert.throws(
      () => parseBaseUrl('acme', url),
      (error: Error) => error instanceof ConfigurationError && !error.message.includes('sesame'),
      url,
    );
  }
});
