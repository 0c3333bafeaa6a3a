import { handler } from '../../functions/http/realtime.ts'
import { redis } from '../../lib/clients/redis.ts'
import type { Kpi } from '../../lib/realtime/kpi.ts'
import { request } from './http.ts'
import { ask } from './service.ts'

const base = 'GET /v1/venues/{venueId}/realtime'
const viewer = (venueId: string) => ({ caller: { venues: { [venueId]: 'viewer' as const } } })

/** The live numbers of a venue, as a viewer of it. */
export const live = (venueId: string) =>
  request(handler, base, { ...viewer(venueId), params: { venueId } })

export const liveMetric = (venueId: string, metric: string, query: Record<string, string> = {}) =>
  request(handler, `${base}/{metric}`, { ...viewer(venueId), params: { venueId, metric }, query })

export const counter = (venueId: string, name: string, query: Record<string, string> = {}) =>
  request(handler, `${base}/counters/{name}`, {
    ...viewer(venueId),
    params: { venueId, name },
    query,
  })

export const resetCounter = (venueId: string, name: string, headers = {}) =>
  request(handler, 'POST /v1/venues/{venueId}/realtime/counters/{name}/reset', {
    caller: { venues: { [venueId]: 'manager' } },
    params: { venueId, name },
    headers,
  })

export const gauge = (venueId: string, name: string) =>
  request(handler, `${base}/gauges/{name}`, { ...viewer(venueId), params: { venueId, name } })

/** What the metrics API says of the windows of a live number, as of the same moment. */
export async function asked(venueId: string, kpi: Kpi, asOf: string) {
  const { metric, currency, window, previousWindow } = kpi
  const total = async ({ from, to }: Kpi['window']) => {
    if (from === to) return metric === 'average_order_value' ? null : 0
    const query = { from, to, granularity: 'none', asOf, ...(currency && { currency }) }
    return (await ask(venueId, metric, query)).total
  }
  return { metric, current: await total(window), previous: await total(previousWindow) }
}

/** Forgets everything that Redis holds of a venue, as if Redis had been lost. */
export async function loseRedis(venueId: string): Promise<number> {
  let cursor = '0'
  let lost = 0
  do {
    const [next, keys] = await redis().scan(cursor, { match: `t:{${venueId}}:*`, count: 1000 })
    if (keys.length > 0) lost += await redis().unlink(...keys)
    cursor = String(next)
  } while (cursor !== '0')
  return lost
}
