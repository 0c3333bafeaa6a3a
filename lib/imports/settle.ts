import { addProblem, type Report } from './report.ts'
import type { Asked, Fate } from './store.ts'

export type ReadFates = (venueId: string, asked: readonly Asked[]) => Promise<Fate[]>
export type Sent = Asked & { venueId: string; line: number; text: string }

const mostAsked = 2000
const venuesAtOnce = 8

/** Follows events from the queue to the ledger: each ends as counted or quarantined. */
export function createSettler(readFates: ReadFates, report: Report) {
  const pending = new Map<string, Map<string, Sent>>()

  const waiting = () => [...pending.values()].reduce((sum, { size }) => sum + size, 0)

  function watch(events: readonly Sent[]) {
    for (const event of events) {
      const own = pending.get(event.venueId) ?? new Map()
      pending.set(event.venueId, own.set(event.eventId, event))
    }
  }

  /** Asks once for what is waiting; returns how many events met their fate. */
  async function settle(): Promise<number> {
    let settled = 0
    const venues = [...pending.keys()]
    for (let at = 0; at < venues.length; at += venuesAtOnce) {
      const counts = await Promise.all(venues.slice(at, at + venuesAtOnce).map(settleVenue))
      for (const count of counts) settled += count
    }
    return settled
  }

  async function settleVenue(venueId: string): Promise<number> {
    const own = pending.get(venueId) ?? new Map<string, Sent>()
    const asked = [...own.values()].slice(0, mostAsked)
    const fates = await readFates(venueId, asked)
    let settled = 0
    for (const fate of fates) {
      const sent = own.get(fate.eventId)
      // An event under the same id that is not ours: what becomes of ours is told elsewhere.
      if (!sent || (sent.fingerprint ?? fate.fingerprint) !== fate.fingerprint) continue
      own.delete(fate.eventId)
      settled += 1
      if (fate.isCounted) report.counted += 1
      else addProblem(report, { line: sent.line, field: fate.path, reason: fate.message })
    }
    // Those that were asked for and still wait must not hide the ones behind them.
    for (const sent of asked) {
      if (own.delete(sent.eventId)) own.set(sent.eventId, sent)
    }
    if (own.size === 0) pending.delete(venueId)
    return settled
  }

  const isWaiting = ({ venueId, eventId }: Sent) => pending.get(venueId)?.has(eventId) ?? false

  const textsWaiting = () =>
    [...pending.values()].flatMap((own) => [...own.values()].map(({ text }) => text))

  return { watch, settle, waiting, isWaiting, textsWaiting }
}
