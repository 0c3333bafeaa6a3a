import { type ChildProcess, fork } from 'node:child_process'
import { unique } from '../support/events.ts'
import { type OwnPostgres, ownPostgres } from './own-postgres.ts'

const lanes = 12
const recoveryMs = 10_000
let server: OwnPostgres
const children: ChildProcess[] = []

beforeAll(async () => {
  server = await ownPostgres()
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})
afterAll(() => server.stop())

type Outcome = { stored: string[]; unavailable: number; faults: string[] }

function startLoad(venueId: string, slots: number) {
  const child = fork('test/outages/load.ts', [venueId, String(lanes), String(slots)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, DATABASE_URL: server.app, DATABASE_POOL_SIZE: String(slots) },
  })
  children.push(child)
  const lastStored = new Map<number, number>()
  child.on('message', ({ lane, at }: { lane?: number; at?: number }) => {
    if (lane !== undefined && at !== undefined) lastStored.set(lane, at)
  })
  /** When each lane has stored something after `since`; throws when one has not in time. */
  const allStoreAfter = async (since: number) => {
    for (const until = Date.now() + recoveryMs; ; ) {
      expect([child.exitCode, child.signalCode]).toEqual([null, null])
      const times = [...lastStored.values()].filter((at) => at > since)
      if (times.length === lanes) return Math.max(...times)
      if (Date.now() > until) throw new Error(`${times.length} of ${lanes} lanes store again`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  return { child, allStoreAfter }
}

const tell = <T>(child: ChildProcess, wish: string): Promise<T> =>
  new Promise((resolve) => {
    child.on('message', ({ answer }: { answer?: T }) => answer && resolve(answer))
    child.send(wish)
  })

const blows: [string, () => unknown][] = [
  ['kill -9 of a session', () => server.killSession()],
  ['kill -9 of the server', () => server.killServer()],
  ['the end of all sessions', () => server.terminateSessions()],
  ['kill -9 of the server, again', () => server.killServer()],
  ['kill -9 of a session, again', () => server.killSession()],
]

test.each([1, 3])(
  'with %i slots a killed Postgres ends no process, leaks no slot and loses nothing',
  async (slots) => {
    const venueId = unique('v')
    const { child, allStoreAfter } = startLoad(venueId, slots)
    await allStoreAfter(0)
    for (const [name, strike] of blows) {
      await strike()
      const isBack = await server.whenBack(async (sql) => {
        await sql`select 1`
        return Date.now()
      })
      const recoveredMs = (await allStoreAfter(isBack)) - isBack
      expect([name, recoveredMs < recoveryMs]).toEqual([name, true])
    }
    const { stored, unavailable, faults } = await tell<Outcome>(child, 'stop')
    expect(faults).toEqual([])
    // Every blow was felt: the test has struck a server under load.
    expect(unavailable).toBeGreaterThanOrEqual(blows.length)
    expect(await tell<string[]>(child, 'all slots')).toEqual([])

    const kept = await server.whenBack(
      (sql) => sql<{ eventId: string }[]>`
        select event_id as "eventId" from inbox where venue_id = ${venueId}`,
    )
    const known = new Set(kept.map(({ eventId }) => eventId))
    expect(stored.filter((eventId) => !known.has(eventId))).toEqual([])
  },
  90_000,
)
