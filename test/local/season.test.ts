import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { openEvent } from '../../lib/events/door.ts'
import { eventTypes } from '../../lib/events/registry.ts'
import { dayMs, hourMs, type SeasonEvent } from '../../local/season/event.ts'
import { type Plan, programmeOf } from '../../local/season/programme.ts'
import { season } from '../../local/season/season.ts'
import { createTally } from '../../local/season/tally.ts'

const plan: Plan = {
  ...{ seed: 1, venueId: 'season', shows: 12, size: 6000, from: '2026-03-02', to: '2026-05-18' },
  ...{ timezone: 'America/New_York', currency: 'USD' },
}
const seeds = [1, 2, 3, 4, 5]
const eventsOf = (changes: Partial<Plan> = {}) => [...season({ ...plan, ...changes })]
const digest = (events: SeasonEvent[]) =>
  createHash('sha256').update(JSON.stringify(events)).digest('hex')
const showOf = ({ event_ref: show }: SeasonEvent) => (show as { event_id: string }).event_id

test('the same plan gives the same events to the byte, another seed others', () => {
  expect(digest(eventsOf())).toBe(digest(eventsOf()))
  const others = [{ seed: 2 }, { venueId: 'other' }, { from: '2026-03-03' }]
    .map(eventsOf)
    .map(digest)
  expect(new Set([digest(eventsOf()), ...others]).size).toBe(4)
})

test('every event passes the door, and every type of the contract occurs', () => {
  const now = new Date('2027-01-01T00:00:00Z')
  const events = seeds.flatMap((seed) => eventsOf({ seed }))
  const refused = events.flatMap((event) => {
    const arrival = { messageId: 'm', now, secret: 'a secret of sixteen letters', index: 0 }
    const opened = openEvent(event, arrival)
    return opened.ok ? [] : [`${event.type} ${opened.path}: ${opened.message}`]
  })
  expect(refused).toEqual([])
  expect([...new Set(events.map(({ type }) => type))].sort()).toEqual([...eventTypes].sort())
})

test('events come in the order in which they are sent, none before it occurred, each once', () => {
  const events = eventsOf()
  const sent = events.map(({ sent_at }) => sent_at)
  expect(sent).toEqual(sent.toSorted())
  expect(events.filter(({ occurred_at, sent_at }) => occurred_at > sent_at)).toEqual([])
  expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(events.length)
})

test('scans of a device without network come late, marked as offline, and no others do', () => {
  const late = eventsOf().filter(({ occurred_at, sent_at }) => occurred_at < sent_at)
  expect(late.length).toBeGreaterThan(50)
  expect(late.every(({ type, data }) => type === 'ticket.scanned' && data.offline === true)).toBe(
    true,
  )
})

test.each([2000, 6000, 40_000])('a season of about %i events has as many', (size) => {
  const counts = seeds.map((seed) => eventsOf({ seed, size }).length)
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length
  expect(Math.abs(mean / size - 1)).toBeLessThan(0.15)
})

test('a long season streams: a quarter of a million events in 64 MB', () => {
  const program = `
    import { season } from './local/season/season.ts'
    let count = 0
    for (const _ of season(${JSON.stringify({ ...plan, size: 250_000, shows: 150, to: '2028-03-01' })})) count += 1
    process.stdout.write(String(count))`
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      '--max-old-space-size=64',
      '--input-type=module',
      '-e',
      program,
    ],
    { encoding: 'utf8' },
  )
  expect(stderr).toBe('')
  expect(Number(stdout)).toBeGreaterThan(200_000)
})

test('tickets sell in a U: a rush at the on-sale, a quiet middle, a rush at the end', () => {
  const perDay = { opening: 0, middle: 0, closing: 0 }
  const days = { opening: 0, middle: 0, closing: 0 }
  const large = { ...plan, size: 60_000 }
  const shows = programmeOf(large).filter(({ calledOffAt }) => !calledOffAt)
  for (const { onSaleAt, startsAt } of shows) {
    days.opening += 3
    days.closing += 5
    days.middle += (startsAt - onSaleAt) / dayMs - 8
  }
  const openings = new Map<number, number>()
  for (const event of season(large)) {
    const show = shows.find(({ startsAt }) => Date.parse(startOf(event)) === startsAt)
    if (event.type !== 'order.paid' || event.test_mode || !show) continue
    const at = Date.parse(event.occurred_at)
    const phase =
      at < show.onSaleAt + 3 * dayMs
        ? 'opening'
        : at > show.startsAt - 5 * dayMs
          ? 'closing'
          : 'middle'
    perDay[phase] += 1
    const hour = Math.floor((at - show.onSaleAt) / hourMs)
    if (hour < 10) openings.set(hour, (openings.get(hour) ?? 0) + 1)
  }
  const rate = (phase: keyof typeof days) => perDay[phase] / days[phase]
  expect(rate('opening')).toBeGreaterThan(3 * rate('middle'))
  expect(rate('closing')).toBeGreaterThan(3 * rate('middle'))
  expect(openings.get(0)).toBeGreaterThan(2 * (openings.get(3) ?? 0))
})

const startOf = ({ event_ref: show }: SeasonEvent) =>
  (show as { starts_at?: string } | undefined)?.starts_at ?? ''

test('no house sells more than its seats, and a snapshot adds up to them', () => {
  const snapshots = eventsOf({ size: 20_000 }).filter(({ type }) => type === 'inventory.snapshot')
  const broken = snapshots.flatMap(({ data }) =>
    (data.items as Record<string, number>[]).filter(
      ({ capacity = 0, sold = 0, comps = 0, held = 0, killed = 0, open = 0 }) =>
        capacity !== sold + comps + held + killed + open || open < 0 || sold < 0,
    ),
  )
  expect([snapshots.length > 100, broken]).toEqual([true, []])
})

test('a show that is called off gives everybody the money back, and nobody comes', () => {
  const off = programmeOf(plan).find(({ calledOffAt }) => calledOffAt)
  const events = eventsOf().filter((event) => event.event_ref && showOf(event) === off?.showId)
  const tally = createTally()
  for (const event of events) tally.add(event)
  const totals = tally.read()
  expect(totals.orders).toBeGreaterThan(10)
  expect([totals.tickets_net, totals.net_revenue, totals.scans_accepted]).toEqual([0, 0, undefined])
})

test.each(seeds)('the season’s own ledger equals brute force, seed %i', (seed) => {
  const events = eventsOf({ seed, size: 3000 })
  const tally = createTally()
  for (const event of events) tally.add(event)
  const told = Object.entries(tally.read()).filter(([, value]) => value !== 0)
  expect(Object.fromEntries(told)).toEqual(bruteForce(events))
})

/** The whole of each metric that is a sum or a number of people, by test/oracle. */
function bruteForce(events: SeasonEvent[]): Record<string, number> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'turnout-season-'))
  const file = path.join(folder, 'events.ndjson')
  writeFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''))
  const { stdout, stderr } = spawnSync(process.execPath, ['test/oracle/brute-force.mjs', file], {
    encoding: 'utf8',
    maxBuffer: 2 ** 27,
  })
  rmSync(folder, { recursive: true })
  expect(stderr).toBe('')
  const metrics = JSON.parse(stdout)[plan.venueId] as Record<
    string,
    { none: Record<string, number> }
  >
  const wholes = Object.entries(metrics).flatMap(([metric, { none }]) => {
    const value = none['["USD"]'] ?? none['[]']
    return metric === 'average_order_value' || !value ? [] : [[metric, value]]
  })
  return Object.fromEntries(wholes)
}
