import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundle } from '../support/bundle.ts'
import { type Database, migratedDatabase, withSql } from '../support/databases.ts'
import { delivery } from '../support/events.ts'
import { serverless } from '../support/serverless.ts'
import { type Child, startChild } from './children.ts'
import type { File, Kind, Rate } from './export-worker.ts'
import { writeSeason } from './season.ts'
import { figure, type Line, type Options, type Section, section } from './section.ts'

const venueId = 'palace'
const span = { from: '2024-07-01', to: '2026-07-01', asOf: '2026-07-01T04:00:00Z' }
const csv: Kind = { name: 'CSV', format: 'csv', gzip: false }
const gzip: Kind = { name: 'gzip CSV', format: 'csv', gzip: true }
const xlsx: Kind = { name: 'XLSX', format: 'xlsx', gzip: false }
const parquet: Kind = { name: 'Parquet', format: 'parquet', gzip: false }

type Size = { lines: number; named: string; database: Database; asker: Child }
type Made = File & { exportId: string; seconds: number; peakMb: number }
type Files = { size: Size; kind: Kind; made: Made[] }

/** Order lines as files: how long one takes, in how much memory, and how fast it is written. */
export async function benchExports({ isQuick }: Options): Promise<Section> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'turnout-packaged-'))
  try {
    const packaged = path.join(folder, 'run-export.mjs')
    const kilobytes = await pack(packaged)
    // One after the other: filling takes the whole disk.
    const small = await filled(isQuick ? 125_000 : 500_000)
    const large = await filled(isQuick ? 500_000 : 2_500_000)
    const few = [csv, gzip, xlsx, parquet].map((kind): Files => ({ size: small, kind, made: [] }))
    const many = [csv, gzip].map((kind): Files => ({ size: large, kind, made: [] }))
    const all = [...few, ...many]
    for (let round = 0; round < (isQuick ? 1 : 2); round += 1) {
      for (const { size, kind, made } of round % 2 ? [...all].reverse() : all) {
        made.push(await make(size, kind, packaged))
      }
    }
    requireSame(all)
    const lines = [
      ...all.flatMap(fileLines),
      ...many.map((files, i) => growthLine(few[i] ?? files, files)),
      ...(await writingLines(many, isQuick ? 1 : 3)),
    ]
    for (const { asker } of [small, large]) asker.stop()
    const sizes = all.map(
      ({ size, kind, made }) =>
        `${kind.name} ${size.named} ${figure((made[0]?.bytes ?? 0) / 1e6)} MB`,
    )
    return section('Exports of order lines', lines, [
      `A file: POST, queue, packaged handler (${kilobytes} KB) in a new process, download; rows, size and hash checked.`,
      'Writing: from the first row to the whole object, hashed; its limit the same select by COPY, read and thrown away.',
      sizes.join(' · '),
    ])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Bundles the function as it is deployed; returns its KB. */
async function pack(file: string): Promise<number> {
  const { runExport } = serverless.functions
  if (!runExport) throw new Error('there is no function runExport')
  const { code, bytes } = await bundle(runExport)
  await writeFile(file, code)
  return Math.round(bytes / 1000)
}

async function filled(events: number): Promise<Size> {
  const database = await migratedDatabase()
  const lines = await withSql(database.admin, async (sql) => {
    await writeSeason(sql, { venueId, events, until: span.to })
    await sql`vacuum analyze`
    const [row] =
      await sql`select count(*)::int as lines from ledger where tickets_sold is not null`
    return row?.lines as number
  })
  const environment = { DATABASE_URL: database.app, DATABASE_JOB_URL: database.job }
  const named =
    lines < 950_000 ? `${Math.round(lines / 1000)} k` : `${(lines / 1e6).toPrecision(1)} M`
  return { lines, named, database, asker: startChild('export-worker.ts', environment) }
}

/** One file, from the request to its last byte downloaded, checked against the ledger. */
async function make({ lines, database, asker }: Size, kind: Kind, packaged: string): Promise<Made> {
  const startedAt = performance.now()
  const wanted = { ...span, venueId, kind }
  const { exportId, message } = await asker.call<Record<'exportId' | 'message', string>>(
    'ask',
    wanted,
  )
  const worker = startChild('packaged-worker.mjs', {
    DATABASE_URL: database.app,
    DATABASE_JOB_URL: database.job,
    PACKAGED: pathToFileURL(packaged).href,
  })
  const peakMb = await worker.call<number>('handler', delivery(message))
  worker.stop()
  const file = await asker.call<File>('download', venueId, exportId)
  const seconds = (performance.now() - startedAt) / 1000
  // A header, and a line for each that was sold.
  if (file.rows !== lines || (kind.format === 'csv' && file.lines !== lines + 1)) {
    throw new Error(`${kind.name}: ${file.rows} rows in ${file.lines} lines, not ${lines}`)
  }
  return { ...file, exportId, seconds, peakMb }
}

/** Throws unless a file is the same at every run, and its plain text packed or not. */
function requireSame(all: Files[]): void {
  for (const { size, kind } of all) {
    const made = all
      .filter((files) => files.size === size && files.kind.format === kind.format)
      .flatMap((files) => files.made)
    if (new Set(made.map(({ plain }) => plain)).size > 1) {
      throw new Error(`the files of ${kind.name} with ${size.named} rows differ`)
    }
  }
}

const peaksOf = ({ made }: Files): number[] => made.map(({ peakMb }) => peakMb)

function fileLines(files: Files): Line[] {
  const { size, kind, made } = files
  const what = `${kind.name}, ${size.named} rows`
  const peak = { csv: 200, xlsx: 400 }[kind.format as string]
  return [
    {
      what: `${what}: queue to download`,
      unit: 's',
      runs: made.map(({ seconds }) => seconds),
      ...(kind.format === 'csv' && { target: { most: 60 } }),
    },
    {
      what: `${what}: peak memory`,
      unit: 'MB',
      runs: peaksOf(files),
      ...(peak && { target: { most: peak } }),
    },
  ]
}

const growthLine = (few: Files, many: Files): Line => ({
  what: `${many.kind.name}, ${many.size.named} rows: peak memory, growth`,
  unit: 'MB',
  runs: peaksOf(many),
  limit: { what: `at ${few.size.named}`, runs: peaksOf(few) },
  target: { most: 1.15 },
})

async function writingLines(all: Files[], rounds: number): Promise<Line[]> {
  const written = all.map(() => [] as number[])
  const read = all.map(() => [] as number[])
  const rate = async ({ size, made }: Files, name: 'write' | 'read') => {
    const { rows, seconds } = await size.asker.call<Rate>(name, venueId, made[0]?.exportId)
    if (rows !== size.lines) throw new Error(`${name}: ${rows} rows of ${size.lines}`)
    return rows / seconds
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const [i, files] of all.entries()) {
      // In turn and in an order that turns: they are compared.
      if (round % 2) written[i]?.push(await rate(files, 'write'))
      read[i]?.push(await rate(files, 'read'))
      if (round % 2 === 0) written[i]?.push(await rate(files, 'write'))
    }
  }
  return all.map(({ size, kind }, i) => ({
    what: `${kind.name}, ${size.named} rows: writing`,
    unit: 'rows/s',
    runs: written[i] ?? [],
    limit: { what: 'COPY', runs: read[i] ?? [] },
    target: { least: kind.gzip ? 0.4 : 0.8 },
  }))
}
