import { chanceOf } from './chance.ts'
import { eventOf, minuteMs, type Told } from './event.ts'
import type { House } from './house.ts'
import type { Order } from './order.ts'

// Of what is paid for one ticket in twelve stays away, of comps one in four: assumptions.
const noShow = { paid: 0.08, comp: 0.25 }
// People come in a hump that ends with the bell, as at the gates of football grounds (Korelin and
// Porshnev, 2020, doi:10.1088/1742-6596/1679/3/032038): half of them by 24 minutes before.
const arrival = { before: 24 * minuteMs, deviation: 13 * minuteMs }
const devicesAtGate = 2
const intermission = { afterStart: 60 * minuteMs, minutes: 18, share: 0.08 }
const turnstiles = { minutes: 12 }

type Scan = { id: string; at: number; gate: string; ticketId?: string }

/** The tickets of an order at the door. */
export function planDoor(house: House, order: Order, ticketIds: string[]) {
  const { performance, chance } = house
  const isComp = order.lines.every((line) => line.isComp)
  // A group comes together, a few seconds apart.
  const { startsAt, doorsAt } = performance
  const drawn = chance.around(startsAt - arrival.before, arrival.deviation)
  const first = Math.floor(Math.min(startsAt + 30 * minuteMs, Math.max(doorsAt, drawn)))
  for (const [n, ticketId] of ticketIds.entries()) {
    if (chance.isHit(isComp ? noShow.comp : noShow.paid)) continue
    const gate = ticketId.includes('-balcony-') ? 'balcony' : chance.pick(['main', 'north'])
    admit(house, { id: ticketId, at: Math.max(first, order.at) + n * 4000, gate, ticketId })
  }
}

function admit(house: House, scan: Scan) {
  const { performance, chance } = house
  const { id, gate, at, ticketId } = scan
  const turned = chance.weighed({ none: 970, wrong_gate: 12, already_used: 14, unreadable: 4 })
  if (turned === 'wrong_gate') tellScan(house, { ...scan, id: `${id}-x`, gate: 'stage' }, turned)
  if (turned === 'unreadable') tellScan(house, { id: `${id}-x`, gate, at }, turned)
  tellScan(house, { ...scan, at: at + (turned === 'none' ? 0 : 90_000) })
  // A copy of the ticket comes later.
  if (turned === 'already_used') {
    tellScan(house, { ...scan, id: `${id}-x`, at: at + chance.between(4, 15) * minuteMs }, turned)
  }
  if (!chance.isHit(intermission.share)) return
  const out = performance.startsAt + intermission.afterStart + chance.below(5 * minuteMs)
  const back = out + chance.between(6, intermission.minutes) * minuteMs
  tellScan(house, { id: `${id}-out`, at: out, gate, ticketId }, undefined, 'exit')
  tellScan(house, { id: `${id}-back`, at: back, gate, ticketId })
}

function tellScan(
  house: House,
  { id, at, gate, ticketId }: Scan,
  reason?: string,
  direction: 'entry' | 'exit' = 'entry',
) {
  const { performance, agenda, chance } = house
  const device = `${gate}-${chance.between(1, devicesAtGate)}`
  const outage = outageOf(house, device)
  const isOffline = at >= outage.from && at < outage.to
  // Devices that come back send what they have, a scan every 200 ms.
  const sentAt = isOffline ? outage.to + Math.floor((at - outage.from) / 60) : at
  const told: Told = { at, sentAt, source: 'scanner', actor: { device_id: device } }
  const shortId = id.slice(performance.key.length + 1)
  agenda.add(sentAt, () => {
    if (!reason) house.inside += direction === 'entry' ? 1 : -1
    return eventOf(performance, 'ticket.scanned', `scan-${shortId}`, told, {
      scan_id: `scan-${id}`,
      ...(ticketId && { ticket_id: ticketId }),
      ...(reason ? { result: 'error', reason } : { result: 'ok' }),
      direction,
      gate_id: gate,
      device_id: device,
      ...(isOffline && { offline: true }),
    })
  })
}

/** The stretch in which a device has no network: some evenings, never all devices of a gate. */
function outageOf({ performance }: House, device: string) {
  const isHit = device.endsWith('-2') && chanceOf(performance.key, device).isHit(0.5)
  if (!isHit) return { from: 0, to: 0 }
  const from = performance.startsAt - 32 * minuteMs
  return { from, to: from + 20 * minuteMs }
}

/** Turnstiles count people out, minute by minute, until nobody is left. */
export function planLeaving(house: House) {
  const { performance, agenda } = house
  for (let minute = 0; minute < turnstiles.minutes; minute += 1) {
    const at = performance.endsAt + (minute + 1) * minuteMs
    agenda.add(at, () => {
      const left = turnstiles.minutes - minute
      const quantity = left === 1 ? house.inside : Math.round((house.inside * 1.6) / left)
      if (quantity <= 0) return undefined
      house.inside -= Math.min(quantity, house.inside)
      const told: Told = { at, source: 'scanner', actor: { device_id: 'turnstile' } }
      return eventOf(performance, 'ticket.scanned', `leaving-${minute}`, told, {
        scan_id: `${performance.key}-leaving-${minute}`,
        ...{ result: 'ok', direction: 'exit', gate_id: 'main', device_id: 'turnstile', quantity },
      })
    })
  }
}
