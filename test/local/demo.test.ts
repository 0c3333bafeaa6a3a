import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import postgres from 'postgres'
import { demoEvents, demoQuestions, demoRange, demoVenue } from '../../local/demo-season.ts'
import { inRealTime, liveEvening, phaseAt, realTimeOf } from '../../local/live-show.ts'
import { play } from '../../local/season/season.ts'
import { createTally } from '../../local/season/tally.ts'
import { ask, closeStores, deliver } from '../support/service.ts'

afterAll(closeStores)

// Among them the days on which New York's clocks change, and both ends of a year.
const days = ['2026-03-08', '2026-07-01', '2026-11-01', '2026-12-31', '2027-01-01', '2028-02-29']

test.each(days)('on %s the demo is of a fitting size and tells nothing of the future', (day) => {
  const now = new Date(`${day}T16:00:00Z`)
  const events = demoEvents(now)
  expect(events.length).toBeGreaterThan(4000)
  expect(events.length).toBeLessThan(6500)
  expect(events.filter(({ occurred_at }) => Date.parse(occurred_at) > now.getTime())).toEqual([])
  expect(events[0]?.type).toBe('venue.updated')
  expect(demoQuestions(now)).toHaveLength(3)
})

test('two moments of a day in New York tell the same, the later one more', () => {
  const morning = demoEvents(new Date('2026-07-01T04:30:00Z'))
  const evening = demoEvents(new Date('2026-07-02T03:30:00Z'))
  expect(evening.slice(0, morning.length)).toEqual(morning)
  expect(evening.length).toBeGreaterThan(morning.length)
})

test('the service counts the demo as the season does, and its questions are worth asking', async () => {
  const now = new Date('2026-07-01T16:00:00Z')
  const events = demoEvents(now)
  const tally = createTally()
  for (const event of events) tally.add(event)
  for (let at = 0; at < events.length; at += 1000) {
    const arrays = [0, 250, 500, 750].map((n) => events.slice(at + n, at + n + 250))
    const messages = arrays.flatMap((array) => [
      array.slice(0, 100),
      array.slice(100, 200),
      array.slice(200),
    ])
    expect(await deliver(...messages.filter(({ length }) => length > 0))).toEqual([])
  }
  await analyze()
  const told: Record<string, number | null> = {}
  const query = { ...demoRange(now), granularity: 'none' }
  for (const metric of Object.keys(tally.read())) {
    told[metric] = (await ask(demoVenue, metric, query)).total
  }
  expect(told).toEqual(tally.read())
  for (const question of demoQuestions(now)) {
    const { pathname, searchParams } = new URL(question, 'http://local')
    const metric = pathname.split('/').at(-1) ?? ''
    const answer = await ask(demoVenue, metric, Object.fromEntries(searchParams))
    const points = answer.series.flatMap((series) => series.points).filter(({ value }) => value)
    expect(answer.total).toBeGreaterThan(30)
    expect(points.length).toBeGreaterThan(8)
  }
})

// Postgres looks at new tables within a minute; until then each answer takes a second.
async function analyze() {
  const sql = postgres(process.env.TURNOUT_PG_ADMIN_URL ?? '', { max: 1, onnotice: () => {} })
  await sql`analyze`
  await sql.end()
}

const stage = {
  ...{ venueId: 'demo', timezone: 'America/New_York', currency: 'USD', seed: 1, speed: 60 },
  now: Date.parse('2026-07-01T20:00:00Z'),
}

test('a live evening takes place between now and its end, a minute in a second', () => {
  const evening = liveEvening(stage)
  const events = [...play([evening.tonight, evening.next])]
    .filter(({ sent_at }) => Date.parse(sent_at) <= evening.overAt)
    .map((event) => inRealTime(event, evening, stage))
  const end = stage.now + (evening.overAt - stage.now) / 60
  const last = Math.max(...events.map(({ sent_at }) => Date.parse(sent_at)))
  expect((end - stage.now) / 1000).toBe(260)
  expect(last).toBeLessThanOrEqual(end)
  expect(last).toBeGreaterThan(end - 20_000)
  const live = events.filter(({ sent_at }) => Date.parse(sent_at) > stage.now)
  const types = new Set(live.map(({ type }) => type))
  for (const type of ['order.paid', 'ticket.scanned', 'cart.updated']) expect(types).toContain(type)
  expect(live.length).toBeGreaterThan(250)
})

test('what is past stays, the evening is squeezed, and what follows it keeps its distance', () => {
  const evening = liveEvening(stage)
  const real = (at: number) => realTimeOf(at, evening, stage)
  expect(real(stage.now - 5000)).toBe(stage.now - 5000)
  expect(real(stage.now + 60_000)).toBe(stage.now + 1000)
  expect(real(evening.overAt + 86_400_000) - real(evening.overAt)).toBe(86_400_000)
  const { doorsAt, startsAt, endsAt } = evening.tonight
  const phases = [stage.now, doorsAt, startsAt, endsAt].map((at) => phaseAt(evening.tonight, at))
  expect(phases).toEqual(['last tickets', 'doors open', 'playing', 'leaving'])
})

test('npm run demo says what is wrong: the speed, or that nothing is running', () => {
  const home = mkdtempSync(path.join(os.tmpdir(), 'turnout-demo-'))
  const run = (...args: string[]) =>
    spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', 'local/demo.ts', ...args],
      {
        encoding: 'utf8',
        env: { ...process.env, TURNOUT_HOME: home },
      },
    )
  const fast = run('--speed', 'fast')
  expect([fast.status, fast.stderr.split('\n')[0]]).toEqual([
    2,
    '--speed fast is no number from 1 to 100000',
  ])
  const alone = run()
  expect([alone.status, alone.stderr]).toEqual([1, expect.stringContaining('No system is running')])
  rmSync(home, { recursive: true })
})
