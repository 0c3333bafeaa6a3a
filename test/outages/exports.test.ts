import { createHash } from 'node:crypto'
import { waitFor } from '../crash/wait.ts'
import { withSql } from '../support/databases.ts'
import { paid, unique } from '../support/events.ts'
import {
  created,
  download,
  exported,
  fill,
  hurry,
  objectsOf,
  ownExports,
  rowOf,
  run,
  tended,
  written,
} from '../support/exports.ts'
import { closeStores, deliver } from '../support/service.ts'
import { type ExportsWorker, exportsWorker, isStopped } from './exports-workers.ts'
import { type Fate, gate, type ObjectsProxy, objectsProxy } from './objects-proxy.ts'

const rows = 25_000 // about 11 MB of CSV: two parts
const good = { type: 'order-lines', format: 'csv', from: '2026-01-01', to: '2027-01-01' }

let objects: ObjectsProxy
let venue: string
/** What the file is, as of the moment of the first export. */
let twin: { asOf: string; sha256: string | null; bytes: number | null }
const workers: ExportsWorker[] = []
let sleeper: Awaited<ReturnType<typeof asleep>>

ownExports()
beforeAll(async () => {
  objects = await objectsProxy()
  venue = unique('v')
  await deliver(paid(venue))
  await fill(venue, rows - 1)
  twin = await written(venue, good)
  expect(objects.asked.filter(({ kind }) => kind === 'part')).toHaveLength(2)
  sleeper = await asleep()
}, 60_000)
beforeEach(() => objects.become())
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.stop()
})
afterAll(async () => {
  await sleeper.zombie.stop()
  objects.close()
  await closeStores()
})

const asked = () => created(venue, { ...good, asOf: twin.asOf })

function worker(environment: Record<string, string> = {}) {
  const started = exportsWorker(environment)
  workers.push(started)
  return started
}

/** Has the export written by one message after the other, until it has ended. */
async function insist(id: string) {
  for (let i = 0; i < 10; i += 1) {
    const { status } = await exported(venue, id)
    if (status !== 'pending' && status !== 'running') return
    await hurry(venue)
    await run(venue, id)
  }
}

/** The export is completed, whole, the only object of its own, and nothing was left behind. */
async function expectWhole(id: string, claims: number) {
  const told = await exported(venue, id)
  expect(told).toMatchObject({ status: 'completed', rows, sha256: twin.sha256, bytes: twin.bytes })
  const bytes = await download(venue, id)
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(twin.sha256)
  expect(await rowOf(venue, id)).toMatchObject({ claims })
  expect(await objectsOf(venue, id)).toHaveLength(1)
  expect(objects.open()).toEqual([])
}

/** Lets so many requests of a kind meet a fate, and the rest pass. */
function fated(kind: string, fate: () => Fate, times: number) {
  let left = times
  objects.become((ask) => {
    if (ask.kind !== kind || left === 0) return undefined
    left -= 1
    return fate()
  })
}

const passing: [string, string, () => Fate][] = [
  ['500 at the beginning', 'create', () => 500],
  ['503 at a part', 'part', () => 503],
  ['503 at the end', 'complete', () => 503],
  ['503 when it is looked at', 'head', () => 503],
  ['a reset in the middle of a part', 'part', () => 'cut'],
  ['a part whose answer is lost', 'part', () => 'unanswered'],
]

test.each(passing)(
  '%s is asked again within the claim',
  async (_, kind, fate) => {
    const { id } = await asked()
    fated(kind, fate, 1)
    expect(await run(venue, id)).toEqual([])
    await expectWhole(id, 1)
  },
  60_000,
)

const lasting = passing.filter(([, kind], i) => i === 1 || kind === 'complete')

test.each(lasting)(
  '%s, again and again, is another claim, and then whole',
  async (_, kind, fate) => {
    const { id } = await asked()
    fated(kind, fate, Number.POSITIVE_INFINITY)
    await run(venue, id)
    expect(await exported(venue, id)).toMatchObject({ status: 'pending' })
    objects.become()
    await insist(id)
    await expectWhole(id, 2)
  },
  60_000,
)

test('a file whose end is done and not answered is written again, once', async () => {
  const { id } = await asked()
  fated('complete', () => 'unanswered', 1)
  await insist(id)
  expect((await exported(venue, id)).status).toBe('completed')
  await expectWhole(id, (await rowOf(venue, id))?.claims ?? 0)
}, 60_000)

test.each(['part', 'head'])(
  'an object store that stays away at %s fails the export with the reason and leaves nothing',
  async (kind) => {
    const { id } = await asked()
    objects.become((ask) => (ask.kind === kind ? 503 : undefined))
    await insist(id)
    expect(await exported(venue, id)).toMatchObject({
      status: 'failed',
      sha256: null,
      error: { code: 'unavailable', message: 'objects was away or did not answer in time' },
    })
    objects.become()
    await tended()
    expect([await objectsOf(venue, id), objects.open()]).toEqual([[], []])
    expect(await rowOf(venue, id)).toMatchObject({ failures: 3, objectKey: null, leftovers: [] })
  },
  60_000,
)

test('a slow object store is waited for', async () => {
  const { id } = await asked()
  objects.become(() => new Promise((resolve) => setTimeout(resolve, 700)))
  await run(venue, id)
  await expectWhole(id, 1)
}, 60_000)

test('a worker that has no time left gives the export back, in order', async () => {
  const { id } = await asked()
  const door = gate()
  objects.become(({ kind }) => (kind === 'part' ? door.promise : undefined))
  // The test's context leaves 30 s, of which 20 s are a margin.
  expect(await run(venue, id)).toEqual([])
  expect(await rowOf(venue, id)).toMatchObject({ status: 'pending', failures: 1 })
  objects.become()
  door.open()
  await insist(id)
  await expectWhole(id, 2)
}, 60_000)

test('a Postgres connection that is ended in the middle of the rows costs a claim, never a row', async () => {
  const big = unique('v')
  await deliver(paid(big))
  await fill(big, 59_999)
  const { id, asOf } = await created(big, good)
  const running = run(big, id)
  const admin = process.env.TURNOUT_PG_ADMIN_URL ?? ''
  await waitFor('a COPY is cut', 15_000, () =>
    withSql(admin, async (sql) => {
      const cut = await sql`
        select pg_terminate_backend(pid) from pg_stat_activity
         where query like 'copy (%' and state = 'active' and usename = 'turnout_job'`
      return cut.count > 0
    }),
  )
  expect(await running).toEqual([])
  expect(await exported(big, id)).toMatchObject({ status: 'pending', sha256: null })
  await hurry(big)
  await run(big, id)
  const whole = await written(big, { ...good, asOf })
  expect(await exported(big, id)).toMatchObject({
    ...{ status: 'completed', rows: 60_000, sha256: whole.sha256 },
  })
  expect(await rowOf(big, id)).toMatchObject({ claims: 2, failures: 1 })
  expect([(await objectsOf(big, id)).length, objects.open()]).toEqual([1, []])
}, 60_000)

const deaths: [string, string][] = [
  ['before it counts', 'row_count'],
  ['before the first row', '^copy '],
  ['between the upload and the row', "status = 'completed', progress"],
]

test.each(deaths)(
  'a worker that is killed %s is followed by another',
  async (_, at) => {
    const { id } = await asked()
    expect(await worker({ AT: at }).run({ venueId: venue, exportId: id })).toBe('gone')
    expect(await exported(venue, id)).toMatchObject({ status: 'running', sha256: null })
    // Nobody takes it while the claim lasts.
    await run(venue, id)
    expect(await rowOf(venue, id)).toMatchObject({ claims: 1 })
    await hurry(venue)
    await run(venue, id)
    await expectWhole(id, 2)
  },
  60_000,
)

test('a worker that is killed with parts on their way leaves none', async () => {
  const { id } = await asked()
  const door = gate()
  objects.become(({ kind }) => (kind === 'part' ? door.promise : undefined))
  const doomed = worker()
  const ended = doomed.run({ venueId: venue, exportId: id })
  await waitFor('a part is on its way', 20_000, () =>
    objects.asked.some((ask) => ask.kind === 'part' && ask.path.includes(id)),
  )
  await doomed.stop()
  expect(await ended).toBe('gone')
  expect(objects.open()).toHaveLength(1)
  door.open()
  objects.become()
  await hurry(venue)
  await run(venue, id)
  await expectWhole(id, 2)
}, 60_000)

test.each(deaths)(
  'a worker that stood still %s overwrites nothing and leaves nothing',
  async (_, at) => {
    const { id } = await asked()
    const zombie = worker({ AT: at, SIGNAL: 'SIGSTOP' })
    const ended = zombie.run({ venueId: venue, exportId: id })
    const { claimId } = await waitForClaim(id)
    await waitFor('it stands still', 20_000, () => isStopped(zombie.child.pid))
    await hurry(venue)
    await run(venue, id)
    await expectWhole(id, 2)
    zombie.child.kill('SIGCONT')
    expect(await ended).toBe('done')
    await expectWhole(id, 2)
    const [key] = await objectsOf(venue, id)
    expect(key).not.toContain(claimId)
  },
  60_000,
)

test('a worker that stood still past its lease, and whom nobody followed, hands the export on', async () => {
  const { id, zombie, ended, since } = sleeper
  const leaseMs = 31_000 // by its own clock
  await new Promise((resolve) => setTimeout(resolve, since + leaseMs - Date.now()))
  zombie.child.kill('SIGCONT')
  expect(await ended).toBe('done')
  expect(['running', 'completed']).toContain((await exported(venue, id)).status)
  await insist(id)
  await expectWhole(id, (await rowOf(venue, id))?.claims ?? 0)
}, 90_000)

/** A worker that stands still from the first test on: the last one wakes it. */
async function asleep() {
  const { id } = await asked()
  const zombie = exportsWorker({ AT: 'row_count', SIGNAL: 'SIGSTOP' })
  const ended = zombie.run({ venueId: venue, exportId: id })
  await waitFor('it stands still', 20_000, () => isStopped(zombie.child.pid))
  return { id, zombie, ended, since: Date.now() }
}

async function waitForClaim(id: string) {
  await waitFor('it is claimed', 20_000, async () => (await rowOf(venue, id))?.claims === 1)
  return { claimId: (await rowOf(venue, id))?.claimId }
}
