import fc from 'fast-check';
import type { BulkItem } from '../../files/bulk-input.ts';

/** A file as bytes, what it should be read as, and where it was spoilt. */
export interface MadeFile {
  bytes: Buffer;
  /** Undefined for one that is spoilt. */
  items?: Omit<BulkItem, 'line'>[];
  /** The line a problem must be reported in, if it is known. */
  line?: number;
}

interface Table {
  header: string[];
  /** Cells as they are written. */
  rows: string[][];
  delimiter: string;
}

type Row = Record<(typeof COLUMNS)[number], string>;

const COLUMNS = ['agent', 'action', 'skill_id', 'skill', 'group', 'level', 'reason', 'ticket', 'by'] as const;
const LETTERS = [
  'a',
  'b',
  'Z',
  '7',
  'ä',
  'ß',
  '漢',
  '𝄞',
  '"',
  "'",
  ',',
  ';',
  '.',
  '/',
  '=',
  '-',
  ' ',
  '#',
  ':',
  '{',
  '&',
];

/** Words that may stand in a cell. */
export const words = fc
  .array(fc.constantFrom(...LETTERS), { minLength: 1, maxLength: 12 })
  .map((letters) => letters.join('').trim())
  .filter((text) => text !== '' && !/^[=+\-@]/.test(text));

export const agentIds = fc.uniqueArray(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9-]{0,8}$/), {
  minLength: 1,
  maxLength: 8,
});

const row: fc.Arbitrary<Omit<Row, 'agent'>> = fc
  .tuple(fc.boolean(), fc.boolean(), words, words, fc.constantFrom('1', '5', '3.7', '4'), words, words, words)
  .map(([assigns, byId, skill, group, level, reason, ticket, by]) => ({
    action: assigns ? 'assign' : 'REMOVE',
    skill_id: byId ? 'sk-1.x' : '',
    skill,
    group: byId || group.length < 3 ? '' : group,
    level: assigns ? level : '',
    reason: reason.length < 3 ? '' : reason,
    ticket: ticket.length < 3 ? '' : ticket,
    by: by.length < 3 ? '' : by,
  }));

const content = fc
  .tuple(agentIds, fc.array(row, { minLength: 8, maxLength: 8 }))
  .map(([agents, rows]) => agents.map((agent, index): Row => ({ ...(rows[index] as Omit<Row, 'agent'>), agent })));

const looks = fc.record({
  delimiter: fc.constantFrom(',', ';', '\t'),
  lineBreak: fc.constantFrom('\n', '\r\n', '\r'),
  mark: fc.boolean(),
  order: fc.shuffledSubarray([...COLUMNS], { minLength: COLUMNS.length }),
  quotesAll: fc.boolean(),
  shouts: fc.boolean(),
  blankLines: fc.boolean(),
});

/** A table that is right, however it is written. */
export const goodTable: fc.Arbitrary<MadeFile> = fc.tuple(content, looks).map(([rows, how]) => {
  const table = written(rows, how);
  const blank = how.blankLines ? ['', how.delimiter.repeat(COLUMNS.length - 1), '  '] : [];
  return { bytes: toBytes(table, how, blank), items: rows.map(toItem) };
});

/** A table with one thing wrong. */
export const badTable: fc.Arbitrary<MadeFile & { fault: string }> = fc
  .tuple(content, looks, fc.constantFrom(...faults()), fc.nat())
  .map(([rows, how, fault, place]) => {
    const table = written(rows, how);
    const made = fault.spoil(table, place % rows.length, how);
    return { fault: fault.name, bytes: Buffer.isBuffer(made) ? made : toBytes(table, how), ...lineOf(made) };
  });

interface Fault {
  name: string;
  /** Spoils a table, or makes other bytes of it; a number is the row that is then wrong, -1 the header. */
  spoil(table: Table, place: number, how: Looks): number | Buffer | undefined;
}
type Looks = typeof looks extends fc.Arbitrary<infer T> ? T : never;

function faults(): Fault[] {
  return [
    ...['six', '0', '-1', '5.4', '0.6', '6', '4,5', '1e0', 'NaN', '', '5.00000000000000001', '٣', '=4'].map((level) =>
      cell(`level ${level}`, { action: 'assign', level }),
    ),
    ...['', 'a b', '../x', 'ä', 'x'.repeat(65), '-x', '=1+1', '+x', '@x'].map((agent) =>
      cell(`agent ${agent}`, { agent }),
    ),
    ...['=cmd()', '@x', '+x', '-x', '＝1', 'a\tb', 'a\u0007b', 'a\nb', 'x'.repeat(501)].map((skill) =>
      cell(`skill ${skill}`, { skill, skill_id: '' }),
    ),
    ...['add', 'delete', ''].map((action) => cell(`action ${action}`, { action })),
    ...['a/b', '-', '..', 'ä', 'x'.repeat(65)].map((id) => cell(`skill_id ${id}`, { skill_id: id, group: '' })),
    ...['x'.repeat(501), 'a\u0000b', '=x'].map((reason) => cell(`reason ${reason}`, { reason })),
    cell('no skill', { skill: '', skill_id: '', group: 'Voice' }),
    cell('group and id', { skill_id: 'sk-1', group: 'Voice' }),
    cell('level of a removal', { action: 'remove', level: '4' }),
    { name: 'a row twice', spoil: (table, place) => table.rows.push([...(table.rows[place] ?? [])]) - 1 },
    { name: 'a cell too many', spoil: (table, place) => (table.rows[place]?.push('x'), place) },
    { name: 'a cell too few', spoil: (table, place) => (table.rows[place]?.pop(), place) },
    { name: 'unknown column', spoil: renamed('ticket', 'tickets') },
    { name: 'a column twice', spoil: renamed('ticket', 'reason') },
    { name: 'no agents', spoil: renamed('agent', 'agnt') },
    { name: 'a quote in a cell', spoil: (table, place) => raw(table, place, 'reason', 'a"b') },
    { name: 'a quote never closed', spoil: (table, place) => (raw(table, place, 'reason', '"a'), undefined) },
    { name: 'no rows', spoil: (table) => (table.rows.splice(0), undefined) },
    { name: 'nothing', spoil: () => Buffer.from('') },
    { name: 'blank lines', spoil: () => Buffer.from('\r\n \n') },
    {
      name: 'UTF-16',
      spoil: (table, _place, how) => Buffer.from(`\uFEFF${toBytes(table, how).toString()}`, 'utf16le'),
    },
    {
      name: 'Latin-1',
      spoil: (table, place, how) => {
        raw(table, place, 'reason', 'ae');
        const bytes = toBytes(table, how);
        bytes[bytes.length - 2] = 0xe4;
        return bytes;
      },
    },
  ];
}

function cell(name: string, values: Partial<Row>): Fault {
  return {
    name,
    spoil: (table, place) => {
      for (const [column, value] of Object.entries(values)) raw(table, place, column, quoted(value));
      return place;
    },
  };
}

function raw(table: Table, place: number, column: string, text: string): number {
  const index = table.header.findIndex((name) => name.toLowerCase() === column);
  const cells = table.rows[place];
  if (cells !== undefined) cells[index] = text;
  return place;
}

function renamed(from: string, to: string): Fault['spoil'] {
  return (table) => {
    table.header = table.header.map((name) => (name.toLowerCase() === from ? to : name));
    return -1;
  };
}

function lineOf(made: number | Buffer | undefined): { line?: number } {
  return typeof made === 'number' ? { line: made + 2 } : {};
}

function written(rows: readonly Row[], { delimiter, order, quotesAll, shouts }: Looks): Table {
  const write = (text: string): string => (quotesAll || /[",;]|^ | $/.test(text) ? quoted(text) : text);
  return {
    header: order.map((name) => (shouts ? name.toUpperCase() : name)),
    rows: rows.map((cells) => order.map((name) => write(cells[name]))),
    delimiter,
  };
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

function toBytes({ header, rows, delimiter }: Table, { lineBreak, mark }: Looks, blank: string[] = []): Buffer {
  const lines = [header, ...rows].map((cells) => cells.join(delimiter));
  return Buffer.from(`${mark ? '\uFEFF' : ''}${[...lines, ...blank].join(lineBreak)}${lineBreak}`);
}

function toItem({ agent, action, skill_id, skill, group, level, reason, ticket, by }: Row): Omit<BulkItem, 'line'> {
  const reference =
    skill_id === ''
      ? { name: skill, ...(group === '' ? {} : { skillGroup: group }) }
      : { skillId: skill_id, name: skill };
  return {
    agentId: agent,
    changes: [
      action === 'assign'
        ? { action: 'assign', skill: reference, level: Number(level) }
        : { action: 'remove', skill: reference },
    ],
    requestedBy: by === '' ? 'default' : by,
    reason: reason === '' ? 'default' : reason,
    ...(ticket === '' ? {} : { ticket }),
  };
}
