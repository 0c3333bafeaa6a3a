/**
 * What cancellations take from the paid lines of an order: tickets one by one, the oldest line of
 * a ticket type first. Part of brute-force.mjs.
 */
export function cancellations(lines, cancels) {
  const left = lines.map((line) => ({ line, taken: 0, isTaken: false }))
  let isFirst = true
  return cancels.flatMap(({ place, items }) => {
    const taken = items === undefined ? takeAll(left) : items.flatMap((item) => take(left, item))
    if (taken.length === 0) return []
    const booked = taken.map(({ line, quantity, value }) => ({
      place: placed(place, line),
      values: {
        tickets_cancelled: quantity,
        tickets_net: -quantity,
        cancelled_value: value,
      },
    }))
    if (isFirst) {
      const where = { ...placed(place, taken[0].line), ticket_type: undefined }
      booked.push({ place: where, values: { orders_cancelled: 1 } })
    }
    isFirst = false
    return booked
  })
}

const placed = (told, line) => ({
  at: told.at,
  event: told.event ?? line.event,
  session: told.session ?? line.session,
  channel: told.channel ?? line.channel,
  source: told.source ?? line.source,
  ticket_type: line.ticket_type,
  currency: line.currency,
  promo_code: line.promo_code,
  test: line.test,
})

// A line of no tickets may have a value; cancelling the whole order cancels it, once.
function takeAll(left) {
  const isLeft = ({ line, taken, isTaken }) =>
    line.quantity === 0 ? line.amount !== 0 && !isTaken : taken < line.quantity
  return left.filter(isLeft).map((one) => {
    one.isTaken = true
    return taken(one, one.line.quantity - one.taken)
  })
}

function take(left, { ticket_type_id, quantity }) {
  const found = []
  let wanted = quantity
  for (const one of left) {
    const share = Math.min(wanted, one.line.quantity - one.taken)
    if (one.line.ticket_type !== ticket_type_id || share <= 0) continue
    found.push(taken(one, share))
    wanted -= share
  }
  return found
}

function taken(one, quantity) {
  const { line } = one
  const before = share(line, one.taken)
  one.taken += quantity
  const value = line.quantity === 0 ? line.amount : share(line, one.taken) - before
  return { line, quantity, value }
}

// Half up, in whole numbers: floor((2 × amount × taken + quantity) / (2 × quantity)).
function share(line, count) {
  if (line.quantity === 0) return 0
  return Math.floor((2 * line.amount * count + line.quantity) / (2 * line.quantity))
}
