import { waitFor } from '../crash/wait.ts'
import { exported, hurry, objectsOf, rowOf, run } from '../support/exports.ts'
import { exportsVenue } from './exports-venue.ts'
import { type ExportsWorker, exportsWorker, isStopped } from './exports-workers.ts'
import { gate } from './objects-proxy.ts'

const workers: ExportsWorker[] = []
let sleeper: Awaited<ReturnType<typeof asleep>>

const { state, asked, insist, expectWhole } = exportsVenue()
beforeAll(async () => {
  sleeper = await asleep()
}, 60_000)
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.stop()
})
afterAll(() => sleeper.zombie.stop())

function worker(environment: Record<string, string> = {}) {
  const started = exportsWorker(environment)
  workers.push(started)
  return started
}

const deaths: [string, string][] = [
  ['before it counts', 'row_count'],
  ['before the first row', '^copy '],
  ['between the upload and the row', "status = 'completed', progress"],
]

test.each(deaths)(
  'a worker that is killed %s is followed by another',
  async (_, at) => {
    const { id } = await asked()
    expect(await worker({ AT: at }).run({ venueId: state.venue, exportId: id })).toBe('gone')
    expect(await exported(state.venue, id)).toMatchObject({ status: 'running', sha256: null })
    // Nobody takes it while the claim lasts.
    await run(state.venue, id)
    expect(await rowOf(state.venue, id)).toMatchObject({ claims: 1 })
    await hurry(state.venue)
    await run(state.venue, id)
    await expectWhole(id, 2)
  },
  60_000,
)

test('a worker that is killed with parts on their way leaves none', async () => {
  const { id } = await asked()
  const door = gate()
  state.objects.become(({ kind }) => (kind === 'part' ? door.promise : undefined))
  const doomed = worker()
  const ended = doomed.run({ venueId: state.venue, exportId: id })
  await waitFor('a part is on its way', 20_000, () =>
    state.objects.asked.some((ask) => ask.kind === 'part' && ask.path.includes(id)),
  )
  await doomed.stop()
  expect(await ended).toBe('gone')
  expect(state.objects.open()).toHaveLength(1)
  door.open()
  state.objects.become()
  await hurry(state.venue)
  await run(state.venue, id)
  await expectWhole(id, 2)
}, 60_000)

test.each(deaths)(
  'a worker that stood still %s overwrites nothing and leaves nothing',
  async (_, at) => {
    const { id } = await asked()
    const zombie = worker({ AT: at, SIGNAL: 'SIGSTOP' })
    const ended = zombie.run({ venueId: state.venue, exportId: id })
    const { claimId } = await waitForClaim(id)
    await waitFor('it stands still', 20_000, () => isStopped(zombie.child.pid))
    await hurry(state.venue)
    await run(state.venue, id)
    await expectWhole(id, 2)
    zombie.child.kill('SIGCONT')
    expect(await ended).toBe('done')
    await expectWhole(id, 2)
    const [key] = await objectsOf(state.venue, id)
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
  expect(['running', 'completed']).toContain((await exported(state.venue, id)).status)
  await insist(id)
  await expectWhole(id, (await rowOf(state.venue, id))?.claims ?? 0)
}, 90_000)

/** A worker that stands still from the first test on: the last one wakes it. */
async function asleep() {
  const { id } = await asked()
  const zombie = exportsWorker({ AT: 'row_count', SIGNAL: 'SIGSTOP' })
  const ended = zombie.run({ venueId: state.venue, exportId: id })
  await waitFor('it stands still', 20_000, () => isStopped(zombie.child.pid))
  return { id, zombie, ended, since: Date.now() }
}

async function waitForClaim(id: string) {
  await waitFor('it is claimed', 20_000, async () => (await rowOf(state.venue, id))?.claims === 1)
  return { claimId: (await rowOf(state.venue, id))?.claimId }
}
