import type { Kpi } from '../../lib/realtime/kpi.ts'
import { closedPort, silentServer } from '../oracle/proxies.ts'
import { paid, unique } from '../support/events.ts'
import { type HttpHandler, request } from '../support/http.ts'
import { live } from '../support/realtime.ts'
import { ask, closeStores, deliver } from '../support/service.ts'

const known = { ...process.env }
const closers: (() => Promise<unknown>)[] = []
let silent: Awaited<ReturnType<typeof silentServer>>
let refusing: number

// every fresh process listens for what postgres.js throws
process.setMaxListeners(100)

beforeAll(async () => {
  silent = await silentServer()
  refusing = await closedPort()
})
afterAll(async () => {
  Object.assign(process.env, known)
  silent.close()
  await Promise.all([closeStores(), ...closers.map((close) => close())])
})

/** A function as a fresh process has it, with Redis at that port. */
async function fresh(name: string, port: number): Promise<HttpHandler> {
  process.env.UPSTASH_REDIS_REST_URL = `http://127.0.0.1:${port}`
  process.env.REDIS_DEADLINE_MS = ''
  jest.resetModules()
  const { handler } = (await import(`../../functions/http/${name}.ts`)) as { handler: HttpHandler }
  const { closePostgres } = await import('../../lib/clients/postgres.ts')
  closers.push(closePostgres)
  return handler
}

const now = () => ({ occurred_at: new Date().toISOString() })
const ordersOf = (items: Kpi[]) => items.find(({ metric }) => metric === 'orders')?.current

test.each<[string, () => number]>([
  ['refuses', () => refusing],
  ['is silent', () => silent.port],
])('a Redis that %s costs no number and little time', async (_how, port) => {
  const venue = unique('v')
  await deliver(paid(venue, now()), paid(venue))
  expect(ordersOf((await live(venue)).body.items)).toBe(1)
  const hourly = { from: '2026-05-15', to: '2026-06-15', granularity: 'hour' }
  const { total } = await ask(venue, 'gross_revenue', hourly)

  const warnings: string[] = []
  const seen = jest.spyOn(process.stdout, 'write').mockImplementation((line) => {
    if (String(line).includes('"level":"warn"')) warnings.push(String(line))
    return true
  })
  const viewer = { caller: { venues: { [venue]: 'viewer' as const } } }
  const realtime = await fresh('realtime', port())
  const startedAt = performance.now()
  for (let i = 0; i < 3; i += 1) {
    const params = { venueId: venue }
    const answer = await request(realtime, 'GET /v1/venues/{venueId}/realtime', {
      ...viewer,
      params,
    })
    expect([answer.status, ordersOf(answer.body.items)]).toEqual([200, 1])
    expect(answer.headers['cache-status']).toBe('turnout; fwd=miss')
  }
  const metrics = await fresh('metrics', port())
  for (let i = 0; i < 3; i += 1) {
    const answer = await request(metrics, 'GET /v1/venues/{venueId}/metrics/{metric}', {
      ...viewer,
      params: { venueId: venue, metric: 'gross_revenue' },
      query: hourly,
    })
    expect([answer.status, answer.body.total]).toEqual([200, total])
    expect(answer.headers['cache-status']).toBe('turnout; fwd=miss')
  }
  const tookMs = performance.now() - startedAt
  seen.mockRestore()
  // Each of the two functions waited 200 ms for Redis once, unless five seconds went by.
  expect(warnings.length).toBeLessThanOrEqual(2 + 2 * Math.floor(tookMs / 5000))
  expect(warnings.join()).toMatch(/live numbers are read from Postgres.*dear answers are computed/s)
})
