import { waitFor } from '../crash/wait.ts'
import { withSql } from '../support/databases.ts'
import { paid, unique } from '../support/events.ts'
import {
  created,
  exported,
  fill,
  hurry,
  objectsOf,
  rowOf,
  run,
  tended,
  written,
} from '../support/exports.ts'
import { deliver } from '../support/service.ts'
import { exportsVenue, good } from './exports-venue.ts'
import { type Fate, gate } from './objects-proxy.ts'

const { state, asked, insist, expectWhole } = exportsVenue()

/** Lets so many requests of a kind meet a fate, and the rest pass. */
function fated(kind: string, fate: () => Fate, times: number) {
  let left = times
  state.objects.become((ask) => {
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
    expect(await run(state.venue, id)).toEqual([])
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
    await run(state.venue, id)
    expect(await exported(state.venue, id)).toMatchObject({ status: 'pending' })
    state.objects.become()
    await insist(id)
    await expectWhole(id, 2)
  },
  60_000,
)

test('a file whose end is done and not answered is written again, once', async () => {
  const { id } = await asked()
  fated('complete', () => 'unanswered', 1)
  await insist(id)
  expect((await exported(state.venue, id)).status).toBe('completed')
  await expectWhole(id, (await rowOf(state.venue, id))?.claims ?? 0)
}, 60_000)

test.each(['part', 'head'])(
  'an object store that stays away at %s fails the export with the reason and leaves nothing',
  async (kind) => {
    const { id } = await asked()
    state.objects.become((ask) => (ask.kind === kind ? 503 : undefined))
    await insist(id)
    expect(await exported(state.venue, id)).toMatchObject({
      status: 'failed',
      sha256: null,
      error: { code: 'unavailable', message: 'objects was away or did not answer in time' },
    })
    state.objects.become()
    await tended()
    expect([await objectsOf(state.venue, id), state.objects.open()]).toEqual([[], []])
    expect(await rowOf(state.venue, id)).toMatchObject({
      failures: 3,
      objectKey: null,
      leftovers: [],
    })
  },
  60_000,
)

test('a slow object store is waited for', async () => {
  const { id } = await asked()
  state.objects.become(() => new Promise((resolve) => setTimeout(resolve, 700)))
  await run(state.venue, id)
  await expectWhole(id, 1)
}, 60_000)

test('a worker that has no time left gives the export back, in order', async () => {
  const { id } = await asked()
  const door = gate()
  state.objects.become(({ kind }) => (kind === 'part' ? door.promise : undefined))
  // The test's context leaves 30 s, of which 20 s are a margin.
  expect(await run(state.venue, id)).toEqual([])
  expect(await rowOf(state.venue, id)).toMatchObject({ status: 'pending', failures: 1 })
  state.objects.become()
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
  expect([(await objectsOf(big, id)).length, state.objects.open()]).toEqual([1, []])
}, 60_000)
