import { observeStatements } from '../../lib/clients/postgres.ts'
import { withSql } from '../support/databases.ts'
import { event, paid, unique } from '../support/events.ts'
import { ask, closeStores, deliver } from '../support/service.ts'

afterAll(closeStores)

type Plan = {
  'Node Type': string
  'Relation Name'?: string
  'Index Cond'?: string
  'Parent Relationship'?: string
  Plans?: Plan[]
}
type Sent = { statement: string; parameters: readonly unknown[] }

const scanned = (venueId: string) =>
  event(venueId, 'ticket.scanned', {
    data: { scan_id: unique('s'), ticket_id: unique('t'), result: 'ok' },
  })

/** An evening of events of today, so that live numbers are read too. */
const evening = (venueId: string, count: number) =>
  Array.from({ length: count }, (_, i) => {
    const told = { occurred_at: new Date().toISOString(), event_ref: { event_id: `show-${i % 9}` } }
    return { ...(i % 2 ? paid(venueId) : scanned(venueId)), ...told }
  })

// What the planner knows when an old venue has filled the tables and a new one begins.
async function analyze() {
  await withSql(process.env.DATABASE_OWNER_URL ?? '', (sql) =>
    sql.unsafe('analyze inbox, order_events, ticket_entries, buckets, series'),
  )
}

const plansOf = (venueId: string, sent: Sent[]): Promise<Plan[]> =>
  withSql(process.env.DATABASE_URL ?? '', async (sql) => {
    await sql`select set_config('app.venue_id', ${venueId}, false)`
    const plans: Plan[] = []
    // One connection, which carries the venue's setting.
    for (const { statement, parameters } of sent) {
      const rows = await sql.unsafe<{ 'QUERY PLAN': { Plan: Plan }[] }[]>(
        `explain (format json) ${statement}`,
        parameters as never[],
      )
      plans.push(...rows.flatMap((row) => row['QUERY PLAN'].map((one) => one.Plan)))
    }
    return plans
  })

/** Every node of a plan, with whether a join asks it again for each row of another. */
function nodesOf(plan: Plan, isRepeated = false): { node: Plan; isRepeated: boolean }[] {
  const isLoop = plan['Node Type'] === 'Nested Loop'
  const inner = (plan.Plans ?? []).flatMap((child) =>
    nodesOf(child, isRepeated || (isLoop && child['Parent Relationship'] === 'Inner')),
  )
  return [{ node: plan, isRepeated }, ...inner]
}

const keys: Record<string, string> = {
  inbox: 'event_id',
  order_events: 'order_id',
  ticket_entries: 'ticket_id',
}

test('a venue that no statistics know is not read whole for each batch or question', async () => {
  const venue = unique('v')
  for (let i = 0; i < 3; i += 1) await deliver(evening(unique('old'), 100))
  await analyze()
  for (let i = 0; i < 3; i += 1) await deliver(evening(venue, 100))
  const sent: Sent[] = []
  const stop = observeStatements((statement, parameters) =>
    sent.push({ statement, parameters: [...parameters] }),
  )
  await deliver(evening(venue, 100))
  await ask(venue, 'gross_revenue', { from: '2026-06-01', to: '2027-01-01', group_by: 'event' })
  stop()
  const reads = sent.filter(({ statement }) => /^\s*(with counted|select)\b/.test(statement))
  const nodes = (await plansOf(venue, reads)).flatMap((plan) => nodesOf(plan))
  const tables = nodes.map(({ node }) => node['Relation Name'])
  for (const table of [...Object.keys(keys), 'buckets', 'series']) expect(tables).toContain(table)
  const whole = nodes.filter(({ node, isRepeated }) => {
    const { 'Relation Name': table = '', 'Index Cond': condition = '' } = node
    const isSeriesAgain = table === 'series' && isRepeated && !condition.includes('series_id')
    return isSeriesAgain || (keys[table] && !condition.includes(keys[table]))
  })
  expect(whole.map(({ node }) => `${node['Relation Name']}: ${node['Index Cond']}`)).toEqual([])
})
