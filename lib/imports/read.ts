import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import path from 'node:path'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { type CsvError, parse } from 'csv-parse'
import type { Row } from './template.ts'

/** A record, or why one cannot be read as such. */
export type ReadRow = Row | { line: number; reason: string }

export type ReadOptions = {
  delimiter?: string | undefined
  /** Given the columns of a CSV file before its first record; throws when they will not do. */
  onHeader?: (columns: string[]) => void
  /** Told of the bytes read so far, of those on the disk. */
  onBytes?: (bytes: number) => void
}

/** A file that cannot be read to its end: what is wrong is the file, not one record of it. */
export class FileBroken extends Error {}

const ndjsonName = /\.(?:ndjson|jsonl|json)$/i
const longestLine = 1024 * 1024

/**
 * The records of a CSV or NDJSON file, plain or gzip, streamed. They are numbered as records and
 * not as lines of text: a CSV's header is 1, an NDJSON file has none. Throws FileBroken.
 */
export async function* readRows(file: string, options: ReadOptions = {}): AsyncGenerator<ReadRow> {
  const isGzip = await beginsWithGzip(file)
  const bytes = createReadStream(file)
  let read = 0
  bytes.on('data', (chunk) => {
    read += chunk.length
    options.onBytes?.(read)
  })
  bytes.pause()
  const content = isGzip ? pipeline(bytes, createGunzip(), () => {}) : bytes
  try {
    if (ndjsonName.test(withoutGzip(file))) yield* readLines(content)
    else yield* readCsv(content, options)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (!/^(?:CSV_|Z_|ERR_ENCODING|ENOENT|EISDIR|EACCES)/.test(code)) throw error
    const { records } = error as CsvError
    const place = typeof records === 'number' ? ` at record ${records + 1}` : ''
    throw new FileBroken(`${file} cannot be read${place}: ${(error as Error).message}`)
  } finally {
    bytes.destroy()
  }
}

/** What a file's events are known by: its base name without `.gz` and without its extension. */
export const sourceOf = (file: string): string => path.parse(withoutGzip(file)).name

async function* readCsv(content: Readable, options: ReadOptions): AsyncGenerator<ReadRow> {
  const { delimiter = ',', onHeader } = options
  const csv = parse({
    delimiter,
    bom: true,
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: longestLine,
  })
  let header: string[] | undefined
  let line = 0
  for await (const record of pipeline(content, csv, () => {})) {
    const values = record as string[]
    line += 1
    if (!header) {
      header = values
      onHeader?.(header)
    } else if (values.length === header.length) yield { line, fields: fieldsOf(header, values) }
    else yield { line, reason: `has ${values.length} fields, the header has ${header.length}` }
  }
}

async function* readLines(content: Readable): AsyncGenerator<ReadRow> {
  content.setEncoding('utf8')
  let line = 0
  let rest = ''
  for await (const chunk of content) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > longestLine) throw new FileBroken(`record ${line + 1} has no end`)
    for (const text of lines) {
      if (text.trim() === '') continue
      line += 1
      yield rowOf(text, line)
    }
  }
  if (rest.trim() !== '') yield rowOf(rest, line + 1)
}

function rowOf(text: string, line: number): ReadRow {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''), asWritten)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return { line, reason: 'is no JSON object' }
    }
    const fields: Record<string, string> = Object.create(null)
    flatten(value, '', fields)
    return { line, fields }
  } catch {
    return { line, reason: 'is not JSON' }
  }
}

// Ids and amounts beyond 2^53 keep their digits: a number is the text that stands in the file.
function asWritten(this: unknown, _key: string, value: unknown, context?: { source: string }) {
  return typeof value === 'number' && context ? context.source : value
}

/** Fields of inner objects are named with dots: `buyer.country`, `items.0.price`. */
function flatten(value: object, prefix: string, fields: Record<string, string>): void {
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === 'object' && inner !== null) flatten(inner, `${prefix}${key}.`, fields)
    else fields[prefix + key] = inner === null ? '' : String(inner)
  }
}

function fieldsOf(header: string[], values: string[]): Record<string, string> {
  const fields: Record<string, string> = Object.create(null)
  for (let index = 0; index < header.length; index += 1) {
    fields[header[index] as string] = values[index] as string
  }
  return fields
}

async function beginsWithGzip(file: string): Promise<boolean> {
  const handle = await open(file).catch((error: Error) => {
    throw new FileBroken(error.message)
  })
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await handle.close()
  }
}

const withoutGzip = (file: string): string => file.replace(/\.gz$/i, '')
