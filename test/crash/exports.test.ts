import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { readTenant, withTenantJob } from '../../lib/clients/postgres.ts'
import { sqs } from '../../lib/clients/sqs.ts'
import type { Format } from '../../lib/exports/catalogue.ts'
import type { Export } from '../../lib/exports/schema.ts'
import { countOpen } from '../../lib/exports/store.ts'
import { randomOf, seedOfRun } from '../oracle/random.ts'
import { type ExportsWorker, exportsWorker } from '../outages/exports-workers.ts'
import { type ObjectsProxy, objectsProxy } from '../outages/objects-proxy.ts'
import { paid, unique } from '../support/events.ts'
import {
  created,
  download,
  exported,
  fill,
  objectsOf,
  ownExports,
  rowOf,
  tended,
  written,
} from '../support/exports.ts'
import { closeStores, deliver } from '../support/service.ts'

const formats: Format[] = ['csv', 'ndjson', 'json', 'xlsx', 'parquet']
const types = ['order-lines', 'sales-daily']
const kills = 20
const year = { from: '2026-01-01', to: '2027-01-01' }
// One venue has files of several parts.
const sizes = [20_000, 300, 300, 300, 300]

const random = randomOf(seedOfRun())
let objects: ObjectsProxy
type Asked = { venue: string; told: Export }
const all: Asked[] = []
const killed: string[] = []

ownExports()
beforeAll(async () => {
  objects = await objectsProxy()
  for (const size of sizes) {
    const venue = unique('v')
    await deliver(paid(venue))
    await fill(venue, size - 1)
    for (const type of types) {
      for (const format of formats) {
        const first = await created(venue, { type, format, ...year })
        const second = await created(venue, { type, format, ...year, asOf: first.asOf })
        all.push({ venue, told: first }, { venue, told: second })
      }
    }
  }
}, 60_000)
afterAll(async () => {
  objects.close()
  await closeStores()
})

/** Takes messages of the queue and has a worker do them, one at a time, until stopped. */
function lane(stopping: AbortSignal) {
  const queue = { QueueUrl: process.env.EXPORTS_QUEUE_URL }
  let worker: ExportsWorker = exportsWorker()
  let atWork: { venueId: string; exportId: string } | undefined
  const work = async () => {
    while (!stopping.aborted) {
      const { Messages: [message] = [] } = await sqs().send(
        new ReceiveMessageCommand({ ...queue, MaxNumberOfMessages: 1, WaitTimeSeconds: 1 }),
      )
      if (!message) continue
      atWork = JSON.parse(message.Body ?? '')
      if (atWork && (await worker.run(atWork)) === 'done') {
        await sqs().send(
          new DeleteMessageCommand({ ...queue, ReceiptHandle: message.ReceiptHandle }),
        )
      }
      atWork = undefined
      if (worker.isGone()) worker = exportsWorker()
    }
    await worker.stop()
  }
  return {
    working: work(),
    atWork: () => atWork,
    async kill() {
      const doing = atWork
      if (!doing || worker.isGone()) return
      const { status } = await exported(doing.venueId, doing.exportId)
      if (status !== 'running') return
      // A file of several parts takes longer: some die with parts on their way.
      await sleep(random.below(doing.venueId === all[0]?.venue ? 2500 : 250))
      if (atWork !== doing) return
      worker.child.kill('SIGKILL')
      await worker.gone
      killed.push(doing.exportId)
      // Its lease is over at once.
      await withTenantJob(
        doing.venueId,
        (tx) => tx`
          update exports set claimed_until = claimed_until - interval '1 minute'
           where venue_id = ${doing.venueId} and export_id = ${doing.exportId}::text::uuid`,
      )
    },
  }
}

async function ended(): Promise<number> {
  const venues = [...new Set(all.map(({ venue }) => venue))]
  const counts = await Promise.all(
    venues.map((venue) => readTenant(venue, (tx) => countOpen(tx, venue))),
  )
  return counts.reduce((left, open) => left - open, all.length)
}

test('100 exports under 20 kills of two workers are 100 files, each once and whole', async () => {
  const stopping = new AbortController()
  const lanes = [lane(stopping.signal), lane(stopping.signal)]
  for (let looked = 0; ; looked = await ended()) {
    if (looked === all.length) break
    const before = killed.length
    // Spread over the run, wherever a worker is just then.
    if (killed.length < kills && looked >= 3 * killed.length) await random.pick(lanes).kill()
    if (killed.length > before || (looked > 90 && random.chance(0.1))) await tended()
    await sleep(random.below(120))
  }
  stopping.abort()
  await Promise.all(lanes.map(({ working }) => working))
  expect(all).toHaveLength(100)
  expect(killed).toHaveLength(kills)

  let claims = 0
  const noted: (string | null)[] = []
  const shaOf = new Map<string, string | null>()
  for (const { venue, told } of all) {
    const whole = await exported(venue, told.id)
    const keys = await objectsOf(venue, told.id)
    const bytes = await download(venue, told.id)
    const row = await rowOf(venue, told.id)
    claims += row?.claims ?? 0
    noted.push(row?.uploadId ?? null, ...(row?.leftovers ?? []).map(({ uploadId }) => uploadId))
    expect(whole).toMatchObject({ status: 'completed', progress: 100, bytes: bytes.length })
    expect([keys.length, createHash('sha256').update(bytes).digest('hex')]).toEqual([
      1,
      whole.sha256,
    ])
    // Two of each question, of one moment: the same bytes.
    const question = [venue, told.type, told.format, told.asOf].join(' ')
    expect(shaOf.get(question) ?? whole.sha256).toBe(whole.sha256)
    shaOf.set(question, whole.sha256)
    const size = sizes[[...new Set(all.map((one) => one.venue))].indexOf(venue)]
    expect([told.type, whole.rows]).toEqual([told.type, told.type === 'order-lines' ? size : 1])
  }
  expect(shaOf.size).toBe(50)
  const open = objects.open()
  expect(open.filter((upload) => noted.includes(upload))).toEqual([])
  // The one who dies before it has noted its upload leaves it to the bucket's own rule.
  process.stderr.write(
    `${claims} claims, ${noted.filter(Boolean).length} uploads left by the killed, ${open.length} unknown\n`,
  )
}, 180_000)

test('files that were written under kills are those that are written in peace', async () => {
  const one = all.filter(({ venue }) => venue === all.at(-1)?.venue)
  for (const { venue, told } of one.filter((_, i) => i % 2 === 0)) {
    const { type, format, asOf } = told
    const twin = await written(venue, { type, format, ...year, asOf })
    expect(twin.sha256).toBe((await exported(venue, told.id)).sha256)
  }
}, 60_000)
