import { readTenant } from '../../lib/clients/postgres.ts'
import { addAlert, instancesOf, outboxOf, sold, tick, tooMany } from '../support/alert-ticks.ts'
import { withSql } from '../support/databases.ts'
import { unique } from '../support/events.ts'
import { addTarget, ownNotifications } from '../support/messages.ts'
import { closeStores } from '../support/service.ts'

// So long may an answer take here.
process.env.DATABASE_DEADLINE_MS = '1500'
ownNotifications()
afterAll(closeStores)

const healthOf = (venueId: string) =>
  readTenant(venueId, async (tx) => {
    const rows = await tx<{ name: string; health: string; fault: string | null }[]>`
      select name, health, fault from alerts where venue_id = ${venueId}`
    return Object.fromEntries(rows.map(({ name, health, fault }) => [name, [health, fault]]))
  })

/** Runs something while nobody can read what a gauge of inventory reads. */
const whileSlow = (work: () => Promise<void>) =>
  withSql(process.env.DATABASE_OWNER_URL ?? '', (sql) =>
    sql.begin(async (tx) => {
      await tx`lock table inventory_told in access exclusive mode`
      await work()
    }),
  )

test('a question that takes too long silences its own alert alone', async () => {
  const venue = unique('v')
  const box = await addTarget(venue)
  await addAlert(venue, tooMany({ contactPointIds: [box] }))
  const noData = { policy: 'alert', for: '1m' }
  const open = {
    query: { metric: 'tickets_open', window: '1m' },
    condition: { op: 'lt', value: 5 },
  }
  await addAlert(venue, { name: 'Few left', ...open, noData, contactPointIds: [box] })
  await sold(venue, -1, 4)
  await whileSlow(async () => {
    expect(await tick(venue, 0)).toEqual([])
    expect(await healthOf(venue)).toEqual({
      'Many tickets': ['ok', null],
      'Few left': ['error', 'It takes too long to answer'],
    })
    expect(await instancesOf(venue)).toMatchObject([{ cause: 'condition', value: 4 }])
    expect(await tick(venue, 1)).toEqual([])
  })
  const told = (await outboxOf(venue)).map(({ template, name }) => [template, name])
  expect(told).toEqual([
    ['alert-firing', 'Many tickets'],
    ['alert-error', 'Few left'],
  ])
  expect(await tick(venue, 2)).toEqual([])
  expect((await healthOf(venue))['Few left']).toEqual(['no_data', null])
}, 60_000)

test('more questions than one snapshot has room for are all answered', async () => {
  const venue = unique('v')
  await sold(venue, -1, 4)
  for (let i = 0; i < 60; i += 1) {
    const filters = [{ dimension: 'channel', op: 'not_in', values: [`c-${i}`] }]
    const query = { metric: 'tickets_sold', window: '10m', filters }
    await addAlert(venue, tooMany({ name: `Rule ${i}`, query }))
  }
  expect(await tick(venue, 0)).toEqual([])
  const found = await instancesOf(venue)
  expect([found.length, ...new Set(found.map(({ value }) => value))]).toEqual([60, 4])
}, 60_000)
