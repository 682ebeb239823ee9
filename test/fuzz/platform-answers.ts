import fc from 'fast-check';
import { anyDocument, nearValid } from './near-valid.ts';
import { httpAnswer } from './raw-platform.ts';

/** Good answers, one for each thing that is asked. */
export const GOOD = {
  agent: {
    agentId: 'A1',
    skills: [
      { skillId: '7', level: 4, name: 'Voice' },
      { skillId: 's.8', level: 1 },
    ],
  },
  state: { agentId: 'A1', currentState: 'AVAILABLE', reason: 'ADMINISTRATIVE' },
  skill: { skillId: '7', name: 'Voice', skillGroup: 'Berlin', status: 'ACTIVE', allowedLevels: [1, 5] },
  skills: {
    skills: [
      { skillId: '7', name: 'Voice', skillGroup: 'Berlin', status: 'ACTIVE' },
      { skillId: '8', name: 'V' },
    ],
  },
};

function bodyLike(good: object): fc.Arbitrary<Buffer> {
  const near = nearValid([good]).map((value) => Buffer.from(textOf(value)));
  const others = nearValid(Object.values(GOOD)).map((value) => Buffer.from(textOf(value)));
  return fc.oneof(
    { weight: 12, arbitrary: near },
    others,
    anyDocument.map((value) => Buffer.from(textOf(value))),
    fc.tuple(near, fc.nat()).map(([bytes, at]) => bytes.subarray(0, at % (bytes.length + 1))),
    fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
    fc.constant(null).map(() => Buffer.from(JSON.stringify({ ...good, filler: 'x'.repeat(9_000_000) }))),
  );
}

const headerValue = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);
const header = fc.oneof(
  fc.constantFrom('etag: "2"', 'ETag: W/"3"', 'etag:', 'etag: a b', `etag: "${'x'.repeat(300)}"`),
  fc.constantFrom(
    'retry-after: 0',
    'retry-after: 1',
    'retry-after: soon',
    'Retry-After: Fri, 20 Nov 2026 12:00:30 GMT',
  ),
  fc.constantFrom('content-type: application/json', 'content-type: text/html', 'content-type: application/x+json; q=1'),
  fc.constantFrom('content-encoding: gzip', 'content-encoding: identity', 'content-encoding: br, gzip'),
  fc.constantFrom(
    'content-length: 0',
    'content-length: 5',
    'content-length: 99999',
    'content-length: -1',
    'content-length: 1e3',
  ),
  fc.constantFrom(
    'transfer-encoding: chunked',
    'connection: close',
    'location: http://elsewhere.example/',
    'date: now',
  ),
  fc
    .tuple(
      fc.constantFrom('etag', 'retry-after', 'content-type', 'content-length', 'content-encoding', 'x'),
      headerValue,
    )
    .map(([name, value]) => `${name}: ${value}`),
);
const status = fc.oneof(
  { weight: 6, arbitrary: fc.constant(200) },
  fc.constantFrom(
    100,
    101,
    103,
    201,
    204,
    206,
    301,
    304,
    307,
    400,
    401,
    403,
    404,
    408,
    409,
    412,
    422,
    429,
    500,
    503,
    599,
  ),
  fc.integer({ min: 0, max: 1_200 }),
);
const refusal = fc
  .constantFrom<unknown>({ error: 'agent_locked' }, { error: 'X' }, { error: 7 }, 'no', [], { error: 'a'.repeat(65) })
  .map((value) => Buffer.from(textOf(value)));

/**
 * What may come over the wire instead of a good answer: nearly it, one to something else, broken off, or no HTTP at
 * all.
 */
export function answersLike(good: object): fc.Arbitrary<Buffer> {
  const body = bodyLike(good);
  const whole = body.map((bytes) => httpAnswer(200, ['etag: "1"', 'content-type: application/json'], bytes));
  const odd = fc
    .tuple(status, fc.array(header, { maxLength: 3 }), fc.oneof({ weight: 4, arbitrary: body }, refusal))
    .map(([code, headers, bytes]) => httpAnswer(code, ['etag: "1"', ...headers].slice(code % 2), bytes));
  return fc.oneof(
    { weight: 8, arbitrary: whole },
    { weight: 5, arbitrary: odd },
    fc.tuple(whole, fc.nat()).map(([bytes, at]) => bytes.subarray(0, at % bytes.length)),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom('', 'HTTP/1.1', 'HTTP/1.1 200\r\n\r\n', 'HTTP/2 200 OK\r\n\r\n', 'SSH-2.0-x\r\n')
      .map((text) => Buffer.from(text)),
  );
}

/** As the platform would send it; what is endlessly deep is not in memory in one piece of text. */
export function textOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return `{"agentId":"A1","skills":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
  }
}
