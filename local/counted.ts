import { setTimeout as sleep } from 'node:timers/promises'
import type { Totals } from './season/tally.ts'

export type Asked = {
  http: string
  token: string
  venueId: string
  /** `from`, `to` and what else narrows the question. */
  query: Record<string, string>
}

const patienceMs = 120_000
const pauseMs = 100

/** Waits until the API tells exactly these totals; an error names the first that it does not. */
export async function waitUntilCounted(asked: Asked, totals: Totals) {
  let seen = ''
  for (const end = Date.now() + patienceMs; Date.now() < end; await sleep(pauseMs)) {
    const difference = await firstDifference(asked, totals)
    if (!difference) return
    seen = difference
  }
  throw new Error(`not counted after ${patienceMs / 1000} s: ${seen}`)
}

// One after the other: while the first one differs, the others need not be asked.
async function firstDifference({ http, token, venueId, query }: Asked, totals: Totals) {
  const search = new URLSearchParams({ granularity: 'none', ...query })
  for (const [metric, wanted] of Object.entries(totals)) {
    const url = `${http}/v1/venues/${venueId}/metrics/${metric}?${search}`
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
    const text = await response.text()
    if (!response.ok) return `${metric}: ${response.status} ${text.slice(0, 200)}`
    const { total } = JSON.parse(text)
    if (total !== wanted) return `${metric}: ${total} of ${wanted}`
  }
  return undefined
}
