import { waitFor } from '../crash/wait.ts'
import { gate, type ObjectsProxy, objectsProxy } from '../outages/objects-proxy.ts'
import { paid, unique } from '../support/events.ts'
import {
  asked,
  base,
  created,
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
import { type Sockets, startSockets } from '../support/sockets.ts'

const good = { type: 'order-lines', format: 'csv', from: '2026-01-01', to: '2027-01-01' }
const one = `${base}/{exportId}`

let objects: ObjectsProxy
let sockets: Sockets

const queue = ownExports()
beforeAll(async () => {
  objects = await objectsProxy()
  sockets = await startSockets()
})
beforeEach(() => objects.become())
afterAll(async () => {
  objects.close()
  sockets.stop()
  await closeStores()
})

async function venueOf(rows = 1) {
  const venue = unique('v')
  await deliver(paid(venue))
  if (rows > 1) await fill(venue, rows - 1)
  return venue
}

const end = async (venue: string, exportId: string) =>
  (await asked(venue, `POST ${one}/cancel`, { params: { exportId } })).status
const remove = async (venue: string, exportId: string) =>
  (await asked(venue, `DELETE ${one}`, { params: { exportId } })).status

/** An export whose worker waits for the store at that step until it is let go. */
async function held(kind: 'put' | 'part' | 'complete', rows: number) {
  const venue = await venueOf(rows)
  const { id } = await created(venue, good)
  const door = gate()
  objects.become((ask) => (ask.kind === kind ? door.promise : undefined))
  const running = run(venue, id)
  await waitFor('the store is asked', 15_000, () =>
    objects.asked.some((ask) => ask.kind === kind && ask.path.includes(id)),
  )
  return { venue, id, running, letGo: door.open }
}

test('an export that waits is cancelled once and never written', async () => {
  const venue = await venueOf()
  const { id } = await created(venue, good)
  expect([await end(venue, id), await end(venue, id)]).toEqual([200, 200])
  await run(venue, id)
  expect(await exported(venue, id)).toMatchObject({ status: 'cancelled', rows: null })
  expect(await objectsOf(venue)).toEqual([])
})

const steps = [
  ['put', 1],
  ['part', 40_000],
  ['complete', 40_000],
] as const

test.each(steps)(
  'an export that is cancelled while its worker is at %s leaves nothing',
  async (kind, rows) => {
    const { venue, id, running, letGo } = await held(kind, rows)
    expect(await end(venue, id)).toBe(200)
    // Its worker finds out by itself, and does not wait for the store.
    expect(await running).toEqual([])
    expect((await exported(venue, id)).status).toBe('cancelled')
    expect(await end(venue, id)).toBe(200)
    // What was on its way arrives after all: the clock removes it when the claim has lapsed.
    objects.become()
    letGo()
    await waitFor('the store is quiet', 15_000, async () => {
      await tended()
      await hurry(venue)
      const row = await rowOf(venue, id)
      return row?.objectKey === null && (await objectsOf(venue)).length === 0
    })
    expect([await objectsOf(venue), objects.open()]).toEqual([[], []])
    expect(await exported(venue, id)).toMatchObject({ status: 'cancelled' })
  },
  60_000,
)

test('an export that is deleted while it runs is not there any more, nor is its object', async () => {
  const { venue, id, running, letGo } = await held('part', 40_000)
  expect(await remove(venue, id)).toBe(204)
  expect((await asked(venue, `GET ${one}`, { params: { exportId: id } })).status).toBe(404)
  expect((await asked(venue, `GET ${base}`)).body.items).toEqual([])
  expect(await running).toEqual([])
  objects.become()
  letGo()
  await hurry(venue)
  await waitFor('the row is gone', 15_000, async () => {
    await tended()
    return (await rowOf(venue, id)) === undefined
  })
  expect([await objectsOf(venue), objects.open()]).toEqual([[], []])
}, 60_000)

test('what is deleted goes at once, object and row', async () => {
  const venue = await venueOf()
  const { id } = await written(venue, good)
  expect(await objectsOf(venue)).toHaveLength(1)
  expect([await remove(venue, id), await remove(venue, id)]).toEqual([204, 404])
  expect([await objectsOf(venue), await rowOf(venue, id)]).toEqual([[], undefined])
})

test('while the store is away what has expired or was deleted stays noted, and goes later', async () => {
  const venue = await venueOf()
  const [old, deleted] = [await written(venue, good), await written(venue, good)]
  objects.become(({ kind }) => (kind === 'delete' ? 503 : undefined))
  expect(await remove(venue, deleted.id)).toBe(204)
  await hurry(venue, '8 days')
  await tended()
  expect((await exported(venue, old.id)).status).toBe('completed')
  expect((await rowOf(venue, deleted.id))?.objectKey).not.toBeNull()
  expect(await objectsOf(venue)).toHaveLength(2)
  objects.become()
  await tended()
  expect((await exported(venue, old.id)).status).toBe('expired')
  expect(await rowOf(venue, deleted.id)).toBeUndefined()
  expect(await objectsOf(venue)).toEqual([])
})

test('the clock names exports again whose message was lost, and no other', async () => {
  const venue = await venueOf()
  const [lost, later] = [await created(venue, good), await created(venue, good)]
  expect((await queue.named(venue, 2)).toSorted()).toEqual([lost.id, later.id].toSorted())
  await hurry(venue)
  await tended()
  expect((await queue.named(venue, 2)).toSorted()).toEqual([lost.id, later.id].toSorted())
  await run(venue, lost.id)
  await end(venue, later.id)
  await tended()
  // What has ended is named to nobody: the next message is that of another export.
  const more = await created(venue, good)
  expect(await queue.named(venue, 1)).toEqual([more.id])
}, 60_000)

test('ten messages of one export at once make one object', async () => {
  const venue = await venueOf(5000)
  const { id } = await created(venue, good)
  const wanted = await Promise.all(Array.from({ length: 10 }, () => run(venue, id)))
  expect(wanted.flat()).toEqual([])
  expect(await exported(venue, id)).toMatchObject({ status: 'completed', rows: 5000 })
  expect(await objectsOf(venue)).toHaveLength(1)
  expect(await rowOf(venue, id)).toMatchObject({ claims: 1, failures: 0, leftovers: [] })
  // A message that comes late finds nothing to do.
  await run(venue, id)
  expect(await rowOf(venue, id)).toMatchObject({ claims: 1 })
})

test('a venue’s analysts hear how far an export is and how it ends', async () => {
  const { venue, id, running, letGo } = await held('complete', 40_000)
  const channel = `venue:${venue}:export:${id}`
  const [analyst, viewer] = [
    await sockets.open({ [venue]: 'analyst' }),
    await sockets.open({ [venue]: 'viewer' }),
  ]
  for (const socket of [analyst, viewer]) await socket.say({ action: 'subscribe', channel })
  await new Promise((resolve) => setTimeout(resolve, 2500)) // a beat
  await sockets.drain()
  letGo()
  await running
  await sockets.drain()
  const told = analyst.frames.map(
    ({ data }) => (data ?? {}) as { status?: string; progress?: number },
  )
  expect(told.at(-1)).toMatchObject({ id, status: 'completed', progress: 100, rows: 40_000 })
  expect(told.some(({ status }) => status === 'running')).toBe(true)
  const progress = told.flatMap((one) => one.progress ?? [])
  expect(progress).toEqual(progress.toSorted((a, b) => a - b))
  expect(viewer.frames.map(({ type }) => type)).toEqual(['error'])
  const other = await created(venue, good)
  await analyst.say({ action: 'subscribe', channel: `venue:${venue}:export:${other.id}` })
  await end(venue, other.id)
  await sockets.drain()
  expect(analyst.frames.at(-1)?.data).toEqual({ id: other.id, status: 'cancelled' })
}, 60_000)
