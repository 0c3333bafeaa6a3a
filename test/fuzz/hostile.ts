import { gzipSync } from 'node:zlib'
import fc from 'fast-check'

/** What JSON.stringify cannot write, as it shall stand in the text: `writeBody` puts it there. */
export const asText = (json: string): string => `@as-text:${Buffer.from(json).toString('hex')}@`

/** The JSON of a body, with what is to stand in it as text. */
export const writeBody = (body: unknown): string =>
  (JSON.stringify(body) ?? '').replace(/"@as-text:([0-9a-f]*)@"/g, (_, hex: string) =>
    Buffer.from(hex, 'hex').toString(),
  )

const nested = (depth: number, open: string, close: string) =>
  asText(`${open.repeat(depth)}1${close.repeat(depth)}`)

/** Values for a field of a body: operators, numbers that are none, depth, and any JSON of a seed. */
export function hostileValues(seed: number): unknown[] {
  const any = fc.sample(fc.jsonValue({ maxDepth: 4 }), { seed, numRuns: 200 })
  return [
    null,
    true,
    false,
    [],
    {},
    [null],
    [[]],
    { $gt: '' },
    { $ne: null },
    { $where: 'sleep(9000)' },
    { $expr: { $eq: [1, 1] } },
    { toString: null },
    asText('{"then":1}'),
    { length: 1e9 },
    { 'a.b': 1 },
    { '': 1 },
    { toJSON: 'x' },
    asText('{"__proto__":{"polluted":true}}'),
    asText('{"constructor":{"prototype":{"polluted":true}}}'),
    asText('{"a":1,"a":2}'),
    asText('1e999'),
    asText('-1e999'),
    asText('1e-999'),
    asText('-0'),
    asText('9007199254740993'),
    asText('9223372036854775808'),
    asText('1'.repeat(400)),
    asText('0.1e1'),
    asText('1e308'),
    asText('-1.7976931348623157e308'),
    asText('5e-324'),
    0,
    -1,
    1.5,
    2 ** 31,
    2 ** 53 - 1,
    1e9,
    1e21,
    nested(40, '[', ']'),
    nested(40, '{"a":', '}'),
    nested(5000, '[', ']'),
    Array.from({ length: 600 }, () => 1),
    Array.from({ length: 600 }, (_, i) => `x${i}`),
    Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, i])),
    ...any,
  ]
}

type Packing = { what: string; headers?: Record<string, string>; bytes: (text: string) => Buffer }
const gzip = { 'content-encoding': 'gzip' }
const kind = (type: string) => ({ 'content-type': type })
const plain = (text: string) => Buffer.from(text)

/** Ways in which a good body travels wrongly, or well but strangely. */
export const packings: Packing[] = [
  { what: 'packed', headers: gzip, bytes: (text) => gzipSync(text) },
  { what: 'packed and cut', headers: gzip, bytes: (text) => gzipSync(text).subarray(0, -9) },
  { what: 'packed, then more', headers: gzip, bytes: (text) => join(gzipSync(text), plain('x')) },
  { what: 'packed in two', headers: gzip, bytes: (text) => join(gzipSync(text), gzipSync(' ')) },
  { what: 'packed twice', headers: gzip, bytes: (text) => gzipSync(gzipSync(text)) },
  { what: 'said to be packed', headers: gzip, bytes: plain },
  { what: 'packed unsaid', bytes: (text) => gzipSync(text) },
  { what: 'a bomb', headers: gzip, bytes: () => bomb },
  { what: 'said to be br', headers: { 'content-encoding': 'br' }, bytes: plain },
  { what: 'said to be plain', headers: { 'content-encoding': 'identity' }, bytes: plain },
  { what: 'behind a mark', bytes: (text) => plain(`\ufeff${text}`) },
  { what: 'UTF-16', bytes: (text) => Buffer.from(`\ufeff${text}`, 'utf16le') },
  { what: 'UTF-16 unmarked', bytes: (text) => Buffer.from(text, 'utf16le') },
  { what: 'latin1', bytes: (text) => join(Buffer.from(text, 'latin1'), Buffer.from([0xe9])) },
  { what: 'overlong', bytes: (text) => join(plain(text), Buffer.from([0xc0, 0xaf])) },
  { what: 'cut', bytes: (text) => plain(text.slice(0, -1)) },
  { what: 'twice', bytes: (text) => plain(text + text) },
  { what: 'empty', bytes: () => Buffer.alloc(0) },
  { what: 'blank', bytes: () => plain(' \n\t') },
  { what: 'NUL', bytes: (text) => plain(`${text}\0`) },
  { what: 'with spaces', bytes: (text) => plain(` \n${text}\r\n`) },
  { what: 'a form', headers: kind('application/x-www-form-urlencoded'), bytes: plain },
  { what: 'text', headers: kind('text/plain'), bytes: plain },
  { what: 'XML', headers: kind('application/xml'), bytes: () => plain('<!DOCTYPE x><x/>') },
  { what: 'many kinds', headers: kind('application/json, text/html'), bytes: plain },
  { what: 'in a charset', headers: kind('Application/JSON; charset=UTF-16'), bytes: plain },
  { what: 'lines', headers: kind('application/x-ndjson'), bytes: plain },
  { what: 'comments', bytes: (text) => plain(`// x\n${text}`) },
  { what: 'too large', bytes: (text) => plain(text + ' '.repeat(1_048_577)) },
]

const join = (...parts: Buffer[]): Buffer => Buffer.concat(parts)
const bomb = gzipSync(Buffer.alloc(20_000_000))
