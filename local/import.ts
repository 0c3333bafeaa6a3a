/** node local/import.ts FILE --map MAP.json: records of a file as events, into the running system. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { closePostgres } from '../lib/clients/postgres.ts'
import { openEvent } from '../lib/events/door.ts'
import { missingColumns } from '../lib/imports/columns.ts'
import type { MappedEvent } from '../lib/imports/event.ts'
import { createMapper } from '../lib/imports/map.ts'
import { type ReadOptions, readRows, sourceOf } from '../lib/imports/read.ts'
import { grouped, type Report, reportText } from '../lib/imports/report.ts'
import { rehearse, runImport } from '../lib/imports/run.ts'
import { type ImportMap, parseMap } from '../lib/imports/schema.ts'
import { sendEvents } from '../lib/imports/send.ts'
import { readFates } from '../lib/imports/store.ts'
import { homeFolder } from './home.ts'
import { awsEnvironment, findRunningSystem } from './running-system.ts'
import { usage } from './usage.mjs'

class UsageError extends Error {}

type Job = { file: string; map: ImportMap; source: string }

const root = path.dirname(import.meta.dirname)
const sampleSize = 3
const redrawMs = 100

// Longer ones leave no room for a venue's id in the ids of events.
const longestSource = 56

// The reader of a long report may leave early.
process.stdout.on('error', () => process.exit())

try {
  process.exitCode = await main()
} catch (error) {
  const { code = '', message } = error as NodeJS.ErrnoException
  const isUsage = error instanceof UsageError || code.startsWith('ERR_PARSE_ARGS')
  process.stderr.write(isUsage ? `${message}\n\n${usage['local/import.ts']}\n` : `${message}\n`)
  process.exitCode = isUsage ? 2 : 1
} finally {
  await closePostgres()
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      map: { type: 'string' },
      source: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(`${usage['local/import.ts']}\n`)
    return 0
  }
  const job = await readJob(positionals, values)
  if (values['dry-run']) return dryRun(job)
  const queueUrl = await findSystem()
  return run(job, queueUrl)
}

async function readJob(
  files: string[],
  { map: mapName, source: given }: { map?: string; source?: string },
): Promise<Job> {
  const [name] = files
  if (name === undefined) throw new UsageError('FILE is missing')
  if (files.length > 1) throw new UsageError(`One FILE at a time, not ${files.length}`)
  if (mapName === undefined) throw new UsageError('--map is missing')
  const file = findFile(name)
  const map = readMap(findFile(mapName))
  const source = given ?? sourceOf(file)
  if (source === '' || source.length > longestSource || /[:\s]/.test(source)) {
    const rule = `1 to ${longestSource} characters without a colon or a space`
    throw new UsageError(`The source '${source}' must have ${rule}: give another by --source`)
  }
  await requireColumns(file, map)
  return { file, map, source }
}

function readMap(file: string): ImportMap {
  try {
    return parseMap(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message}`)
  }
}

async function requireColumns(file: string, map: ImportMap) {
  const onHeader = (columns: string[]) => {
    const missing = missingColumns(map, columns)
    if (missing.length === 0) return
    throw new UsageError(`${file} has no column ${missing.map((name) => `'${name}'`).join(', ')}`)
  }
  for await (const _ of readRows(file, { delimiter: map.delimiter, onHeader })) break
}

async function dryRun({ file, map, source }: Job): Promise<number> {
  const sample: MappedEvent[] = []
  const report = await rehearse(
    readRows(file, { delimiter: map.delimiter }),
    createMapper(map, source),
    (event) => open(event, 'no secret is needed to see whether an event is valid'),
    (event) => {
      if (sample.length < sampleSize) sample.push(event)
    },
  )
  const shown = sample.map((event) => JSON.stringify(event, null, 2)).join('\n')
  process.stdout.write(`${reportText(report, { isDryRun: true })}\n`)
  if (sample.length > 0) process.stdout.write(`the first ${sample.length} events:\n${shown}\n`)
  process.stdout.write('nothing was sent\n')
  return 0
}

async function run({ file, map, source }: Job, queueUrl: string): Promise<number> {
  const { PSEUDONYM_SECRET: secret } = process.env
  const size = statSync(file).size
  let bytes = 0
  const options: ReadOptions = {
    delimiter: map.delimiter,
    onBytes: (read) => {
      bytes = read
    },
  }
  const bar = progressBar()
  const report = await runImport(
    readRows(file, options),
    createMapper(map, source),
    {
      send: (events) => sendEvents(queueUrl, events),
      readFates,
      open: (event) => (secret ? open(event, secret) : undefined),
    },
    { onProgress: (now) => bar.draw(now, size === 0 ? 1 : bytes / size) },
  )
  bar.clear()
  process.stdout.write(`${reportText(report)}\n`)
  return report.stopped === undefined ? 0 : 1
}

function open(event: MappedEvent, secret: string) {
  return openEvent(event, { messageId: event.event_id, now: new Date(), secret, index: 0 })
}

/**
 * The queue of the running system. What the clients of its stores read from the environment is
 * put there from stack.json, unless the environment names a system itself.
 */
async function findSystem(): Promise<string> {
  const { EVENTS_QUEUE_URL: queueUrl, DATABASE_URL } = process.env
  process.env.DATABASE_POOL_SIZE ??= '4'
  if (queueUrl && DATABASE_URL) return queueUrl
  const home = homeFolder(root)
  const { aws, queues, postgres } = await findRunningSystem(home)
  Object.assign(process.env, {
    DATABASE_URL: postgres,
    ...awsEnvironment(aws),
    PSEUDONYM_SECRET: readSecret(home) ?? '',
  })
  return queues.events
}

// Not by readSecrets, which makes the secrets that are missing.
function readSecret(home: string): string | undefined {
  try {
    return JSON.parse(readFileSync(path.join(home, 'secrets.json'), 'utf8')).pseudonym
  } catch {
    return undefined
  }
}

// npm and run.mjs go to the project's folder; the names were meant where the person stood.
function findFile(name: string): string {
  const { INIT_CWD = '.' } = process.env
  const found = [path.resolve(name), path.resolve(INIT_CWD, name)].find((file) => existsSync(file))
  if (found === undefined) throw new UsageError(`There is no file ${name}`)
  if (!statSync(found).isFile()) throw new UsageError(`${name} is no file`)
  return found
}

function progressBar() {
  let drawnAt = 0
  const { stderr } = process
  const draw = (report: Readonly<Report>, share: number) => {
    if (!stderr.isTTY || performance.now() - drawnAt < redrawMs) return
    drawnAt = performance.now()
    const width = 24
    const done = Math.round(share * width)
    const bar = `${'█'.repeat(done)}${'░'.repeat(width - done)}`
    const { rows, sent, counted, known } = report
    const counts = `${grouped(rows)} rows  ${grouped(sent)} sent  ${grouped(counted)} counted`
    stderr.write(
      `\r\u001b[K${bar} ${Math.floor(share * 100)} %  ${counts}  ${grouped(known)} known`,
    )
  }
  const clear = () => {
    if (stderr.isTTY) stderr.write('\r\u001b[K')
  }
  return { draw, clear }
}
