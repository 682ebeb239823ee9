import { performance } from 'node:perf_hooks';
import type { Client } from 'pg';
import { sealBatch } from '../../audit/chain/sealer.ts';
import { verifyTrail } from '../../audit/chain/verify-trail.ts';
import type { Figure, Result } from '../figure.ts';
import { insertNumbered, onAuditTrail, sealEverything, type AuditStage } from '../stage/audit-trail.ts';

const WRITERS = 8;
/** Records of one transaction of a writer. */
const BATCH = 20;
const LEAST_SEALED_PER_S = 2_000;
const MILLION = 1_000_000;
const MOST_S_OF_A_MILLION = 60;

interface Sealing {
  written: number;
  writtenPerS: number;
  sealedPerS: number;
  /** Sealed when the last writer ended. */
  sealedMeanwhile: number;
  /** From then until nothing was left, in seconds. */
  restS: number;
}

interface Verification {
  records: number;
  seconds: number;
}

/** How fast records are sealed while others write, and how fast the chain is verified. */
export const auditChain: Figure = {
  name: 'audit-chain',
  title: 'Sealing with eight writers, and verifying',
  byDefault: true,
  async measure({ quick, say }) {
    return onAuditTrail(async (stage) => {
      const sealing = await measureSealing(stage, quick ? 2_000 : 100_000);
      say(`sealed ${Math.round(sealing.sealedPerS)} records a second`);
      return toResult(sealing, await measureVerification(stage), quick);
    });
  },
};

/** The same with a million records, measured and not extrapolated. */
export const auditMillion: Figure = {
  name: 'audit-million',
  title: 'Verifying a million audit records',
  byDefault: false,
  async measure({ quick, say }) {
    return onAuditTrail(async (stage) => {
      const records = quick ? 10_000 : MILLION;
      const writer = await stage.open(stage.database.writer);
      const sealer = await stage.open(stage.database.sealer);
      for (let from = 1; from <= records; from += 10_000) {
        await insertNumbered(writer, from, Math.min(records, from + 9_999));
        await sealEverything(sealer);
        if (from % 100_000 === 1) say(`${from - 1} records sealed`);
      }
      const { seconds } = await measureVerification(stage);
      return {
        method: [METHOD_OF_VERIFYING],
        verdicts: [verdictOfMillion((seconds / records) * MILLION)],
        tables: [
          {
            caption: 'One run.',
            head: ['records', 'seconds', 'records per second'],
            rows: [[String(records), seconds.toFixed(1), String(Math.round(records / seconds))]],
          },
        ],
        plots: [],
      };
    });
  },
};

async function measureSealing({ database, open }: AuditStage, records: number): Promise<Sealing> {
  const writers = await Promise.all(Array.from({ length: WRITERS }, () => open(database.writer)));
  const sealer = await open(database.sealer);
  const perWriter = Math.ceil(records / WRITERS / BATCH) * BATCH;
  const startedAt = performance.now();
  let writing = true;
  const meanwhile = (async () => {
    let sealed = 0;
    while (writing) sealed += (await sealBatch(sealer)).sealed;
    return sealed;
  })();
  await Promise.all(writers.map((client, number) => write(client, number * perWriter, perWriter)));
  const writtenAt = performance.now();
  writing = false;
  const sealedMeanwhile = await meanwhile;
  const rest = await sealEverything(sealer);
  const endedAt = performance.now();
  const written = perWriter * WRITERS;
  if (sealedMeanwhile + rest !== written)
    throw new Error(`${sealedMeanwhile + rest} of ${written} records were sealed`);
  return {
    written,
    writtenPerS: written / ((writtenAt - startedAt) / 1000),
    sealedPerS: written / ((endedAt - startedAt) / 1000),
    sealedMeanwhile,
    restS: (endedAt - writtenAt) / 1000,
  };
}

async function write(client: Client, first: number, count: number): Promise<void> {
  for (let done = 0; done < count; done += BATCH) {
    await insertNumbered(client, first + done + 1, first + done + BATCH);
  }
}

async function measureVerification({ database, open }: AuditStage): Promise<Verification> {
  const reader = await open(database.reader);
  const startedAt = performance.now();
  const verified = await verifyTrail(reader, {
    checkpoints: [],
    report: ({ kind, message }) => {
      throw new Error(`${kind}: ${message}`);
    },
  });
  const seconds = (performance.now() - startedAt) / 1000;
  return { records: verified.reduce((sum, { links }) => sum + links, 0), seconds };
}

const METHOD_OF_VERIFYING =
  'Verifying is one process with one session: it reads every link and record, makes the record’s canonical JSON, hashes both, compares the columns with the record, and looks for records without a link. Records are of about 1 kB, of one tenant.';

function verdictOfMillion(seconds: number) {
  return {
    what: 'a million records verified in',
    target: `≤ ${MOST_S_OF_A_MILLION} s`,
    measured: `${seconds.toFixed(1)} s`,
    reached: seconds <= MOST_S_OF_A_MILLION,
  };
}

function toResult(sealing: Sealing, { records, seconds }: Verification, quick: boolean): Result {
  const rate = records / seconds;
  return {
    method: [
      `${WRITERS} sessions of writers insert as fast as they can, ${BATCH} records of about 1 kB in a transaction, while one sealer seals. All of it, and PostgreSQL, shares the machine. The rate counts from the first insert until the last record was sealed.`,
      METHOD_OF_VERIFYING,
      'The time of a million is extrapolated from this rate; `npm run bench -- audit-million` measures it.',
      ...(quick ? ['So few records say nothing about the rates.'] : []),
    ],
    verdicts: [
      {
        what: 'records sealed per second with eight writers',
        target: `≥ ${LEAST_SEALED_PER_S}`,
        measured: `${Math.round(sealing.sealedPerS)}`,
        reached: sealing.sealedPerS >= LEAST_SEALED_PER_S,
      },
      verdictOfMillion(MILLION / rate),
    ],
    tables: [
      {
        caption: `Sealing ${sealing.written} records.`,
        head: ['', ''],
        rows: [
          ['written per second', String(Math.round(sealing.writtenPerS))],
          ['sealed per second', String(Math.round(sealing.sealedPerS))],
          ['sealed when the last writer ended', String(sealing.sealedMeanwhile)],
          ['seconds until the rest was sealed', sealing.restS.toFixed(1)],
        ],
      },
      {
        caption: `Verifying ${records} records.`,
        head: ['', ''],
        rows: [
          ['seconds', seconds.toFixed(1)],
          ['records per second', String(Math.round(rate))],
        ],
      },
    ],
    plots: [],
  };
}
