import { setTimeout as sleep } from 'node:timers/promises'
import { StoreUnavailable } from '../errors.ts'
import type { Opened, Refused } from '../events/door.ts'
import { messageText } from '../events/message-text.ts'
import { mostBytes, packedBytes } from '../events/pack.ts'
import type { MappedEvent } from './event.ts'
import type { Mapped, Mapper } from './map.ts'
import { FileBroken, type ReadRow } from './read.ts'
import { addProblem, addSkipped, emptyReport, type Report } from './report.ts'
import { createSettler, type ReadFates, type Sent } from './settle.ts'

/** What the importer needs of the running system. */
export type Doors = {
  send: (events: readonly string[]) => Promise<void>
  readFates: ReadFates
  /** The event as the system will know it; undefined where its secret is not known. */
  open: (event: MappedEvent) => Opened | Refused | undefined
}

export type RunOptions = {
  onProgress?: (report: Readonly<Report>) => void
  /** How long nothing may move before the importer gives up. */
  patienceMs?: number
}

type Item = Sent & { event: MappedEvent }

const chunkSize = 2000

// Bounds the memory of the importer, and what a queue holds that a broken map has filled.
const mostWaiting = 20_000
const pollMs = 200

/**
 * Sends what the mapper makes of the records and follows each event until it is counted or
 * quarantined. Nothing is sent that the ledger already has, so a second run of the same file, or
 * one after a kill, changes no number and needs no memory of the first.
 */
export async function runImport(
  rows: AsyncIterable<ReadRow>,
  mapper: Mapper,
  doors: Doors,
  { onProgress = () => {}, patienceMs = 60_000 }: RunOptions = {},
): Promise<Report> {
  const report = emptyReport()
  const settler = createSettler(doors.readFates, report)
  let chunk: Item[] = []

  try {
    await readAll()
    await flush()
    await settleUntil(() => settler.waiting() === 0)
  } catch (error) {
    report.stopped = (error as Error).message
  }
  report.waiting = settler.waiting()
  report.rounding = mapper.rounding()
  return report

  async function readAll() {
    try {
      for await (const row of rows) {
        report.rows += 1
        for (const mapped of mapRow(mapper, row)) take(mapped)
        if (chunk.length >= chunkSize) await flush()
      }
    } catch (error) {
      if (!(error instanceof FileBroken)) throw error
      // What was read counts, without the last group: it may go on behind the break.
      report.stopped = error.message
      return
    }
    for (const mapped of mapper.end()) take(mapped)
  }

  function take(mapped: Mapped) {
    if (mapped.kind === 'skipped') return addSkipped(report, mapped.reason)
    if (mapped.kind === 'refused') return addProblem(report, mapped)
    const { line, event } = mapped
    const text = messageText(event)
    if (packedBytes(text) > mostBytes) {
      const reason = `has more than ${mostBytes} bytes`
      return addProblem(report, { line, field: '', reason })
    }
    report.mapped += 1
    const { event_id: eventId, venue_id: venueId } = event
    const fingerprint = doors.open(event)?.fingerprint
    chunk.push({ eventId, venueId, line, fingerprint, event, text })
  }

  async function flush() {
    const items = chunk
    chunk = []
    const fresh = await patiently(() => unknownOf(items))
    report.known += items.length - fresh.length
    // A venue's settings first: an order that is counted before them is counted into days of UTC.
    const [venues, others] = partition(fresh, ({ event }) => event.type === 'venue.updated')
    if (venues.length > 0) {
      await send(venues)
      if (others.length > 0) await settleUntil(() => !venues.some(settler.isWaiting))
    }
    await send(others)
    await settleUntil(() => settler.waiting() <= mostWaiting)
    onProgress(report)
  }

  async function unknownOf(items: Item[]): Promise<Item[]> {
    const known = new Set<Item>()
    const byVenue = Map.groupBy(items, ({ venueId }) => venueId)
    for (const [venueId, own] of byVenue) {
      const byId = new Map(own.map((item) => [item.eventId, item]))
      for (const { eventId, fingerprint, isCounted } of await doors.readFates(venueId, own)) {
        const item = byId.get(eventId)
        if (item && isCounted && item.fingerprint === fingerprint) known.add(item)
      }
    }
    // Venue by venue: the service counts the events of an array in one transaction for each venue.
    const ordered = [...byVenue.values()].flat()
    return ordered.filter((item) => !known.has(item))
  }

  async function send(items: Item[]) {
    if (items.length === 0) return
    await doors.send(items.map(({ text }) => text))
    report.sent += items.length
    settler.watch(items.map(({ event, ...sent }) => sent))
  }

  async function settleUntil(isDone: () => boolean) {
    let movedAt = performance.now()
    let isSentAgain = false
    while (!isDone()) {
      const settled = await patiently(settler.settle)
      onProgress(report)
      const idleMs = performance.now() - movedAt
      if (settled > 0) {
        movedAt = performance.now()
        isSentAgain = false
      } else if (idleMs > patienceMs) throw new Error(gaveUp(patienceMs))
      else if (idleMs > patienceMs / 3 && !isSentAgain) {
        // A worker that died keeps its messages hidden for minutes; sent twice they count once.
        isSentAgain = true
        await doors.send(settler.textsWaiting())
      }
      if (!isDone()) await sleep(pollMs)
    }
  }

  /** A store that is away for a moment is waited for. */
  async function patiently<T>(work: () => Promise<T>): Promise<T> {
    const end = performance.now() + patienceMs
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof StoreUnavailable) || performance.now() > end) throw error
        await sleep(pollMs)
      }
    }
  }
}

/** What a run would send, without a running system. `sample` gets the first events. */
export async function rehearse(
  rows: AsyncIterable<ReadRow>,
  mapper: Mapper,
  open: (event: MappedEvent) => Opened | Refused,
  onEvent: (event: MappedEvent) => void,
): Promise<Report> {
  const report = emptyReport()
  const take = (mapped: Mapped) => {
    if (mapped.kind === 'skipped') return addSkipped(report, mapped.reason)
    if (mapped.kind === 'refused') return addProblem(report, mapped)
    const { line, event } = mapped
    report.mapped += 1
    onEvent(event)
    const opened = open(event)
    if (!opened.ok) addProblem(report, { line, field: opened.path, reason: opened.message })
  }
  for await (const row of rows) {
    report.rows += 1
    for (const mapped of mapRow(mapper, row)) take(mapped)
  }
  for (const mapped of mapper.end()) take(mapped)
  report.rounding = mapper.rounding()
  return report
}

function mapRow(mapper: Mapper, row: ReadRow): Mapped[] {
  if ('fields' in row) return mapper.push(row)
  return [{ kind: 'refused', line: row.line, field: '', reason: row.reason }]
}

const gaveUp = (patienceMs: number): string =>
  `Nothing was counted for ${Math.round(patienceMs / 1000)} s: is the system running? ` +
  'Run the import again to continue.'

function partition<T>(items: T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))]
}
