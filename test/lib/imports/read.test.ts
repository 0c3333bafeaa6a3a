import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { FileBroken, type ReadOptions, readRows, sourceOf } from '../../../lib/imports/read.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'turnout-read-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function read(name: string, content: string | Buffer, options?: ReadOptions) {
  const file = path.join(folder, name)
  writeFileSync(file, content)
  const rows = []
  for await (const row of readRows(file, options)) rows.push(row)
  return rows
}

test('records are numbered as records, the header being 1, whatever lines they take', async () => {
  const rows = await read('a.csv', '\uFEFFname,"the ""n"""\r\n"x\ny",1\r\n\r\n"a,b",2\r\n')
  expect(rows).toEqual([
    { line: 2, fields: { name: 'x\ny', 'the "n"': '1' } },
    { line: 3, fields: { name: 'a,b', 'the "n"': '2' } },
  ])
})

test('gzip is known by its first bytes, not by its name', async () => {
  const content = gzipSync('a;b\n1;2\n')
  expect(await read('a.data', content, { delimiter: ';' })).toEqual([
    { line: 2, fields: { a: '1', b: '2' } },
  ])
  expect(await read('plain.csv.gz', 'a\n1\n')).toEqual([{ line: 2, fields: { a: '1' } }])
})

test('a record of another length is refused alone', async () => {
  expect(await read('a.csv', 'a,b\n1\n1,2\n1,2,3\n')).toEqual([
    { line: 2, reason: 'has 1 fields, the header has 2' },
    { line: 3, fields: { a: '1', b: '2' } },
    { line: 4, reason: 'has 3 fields, the header has 2' },
  ])
})

test('NDJSON keeps the digits of numbers and names inner fields with dots', async () => {
  const text =
    '{"id":9007199254740993,"p":1.10,"in":{"a":[true,null]}}\r\n\nnonsense\n[1]\n{"id":"z"}'
  expect(await read('a.ndjson', text)).toEqual([
    { line: 1, fields: { id: '9007199254740993', p: '1.10', 'in.a.0': 'true', 'in.a.1': '' } },
    { line: 2, reason: 'is not JSON' },
    { line: 3, reason: 'is no JSON object' },
    { line: 4, fields: { id: 'z' } },
  ])
})

test('characters that a chunk of the file cuts in two are whole', async () => {
  const text = 'é'.repeat(100_001)
  const rows = await read('a.jsonl', `{"a":"${text}"}\n{"a":"${text}"}\n`)
  expect(rows).toEqual([1, 2].map((line) => ({ line, fields: { a: text } })))
})

test('an empty file has no records', async () => {
  expect(await read('a.csv', '')).toEqual([])
  expect(await read('a.ndjson', '')).toEqual([])
})

test.each([
  ['a.csv', 'a,b\n1,2\n3,"4\n5,6\n', /a\.csv cannot be read at record 3: Quote Not Closed/],
  ['a.csv.gz', gzipSync('a,b\n1,2\n').subarray(0, 20), /unexpected end of file/],
])('%s that is broken as a file is refused as one', async (name, content, message) => {
  const reading = read(name, content)
  await expect(reading).rejects.toThrow(FileBroken)
  await expect(reading).rejects.toThrow(message)
})

test('a file that is not there', async () => {
  const reading = readRows(path.join(folder, 'nothing.csv')).next()
  await expect(reading).rejects.toThrow(FileBroken)
})

test.each([
  ['/x/broadway_1990.csv.gz', 'broadway_1990'],
  ['sales.2016.csv', 'sales.2016'],
  ['a.ndjson.GZ', 'a'],
  ['plain', 'plain'],
])('the source of %s is %s', (file, source) => {
  expect(sourceOf(file)).toBe(source)
})
