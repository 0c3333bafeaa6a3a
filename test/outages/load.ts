/**
 * A process that writes through withTenant without pause, many calls at once. Told `stop` it
 * answers with what became of them; told `all slots` it holds as many transactions open at once as
 * the pool has slots.
 */
import { withTenant } from '../../lib/clients/postgres.ts'
import { StoreUnavailable } from '../../lib/errors.ts'

const [venueId = '', lanes = '1', slots = '1'] = process.argv.slice(2)
const stored: string[] = []
const faults: string[] = []
let unavailable = 0
let isRunning = true

async function work(lane: number) {
  for (let n = 0; isRunning; n += 1) {
    try {
      await write(`${lane}-${n}`)
      stored.push(`${lane}-${n}`)
      process.send?.({ lane, at: Date.now() })
    } catch (error) {
      if (error instanceof StoreUnavailable && error.store === 'postgres') unavailable += 1
      else faults.push(String(error))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

// Long enough for a kill to meet it in the middle.
const write = (eventId: string) =>
  withTenant(venueId, async (tx) => {
    await tx`select pg_sleep(0.005)`
    await tx`
      insert into inbox (venue_id, event_id, fingerprint, recorded_at)
      values (${venueId}, ${eventId}, '', now())`
    await tx`select pg_sleep(0.005)`
  })

async function allSlots() {
  let open = 0
  let release = () => {}
  const allOpen = new Promise<void>((resolve) => {
    release = resolve
  })
  await Promise.all(
    Array.from({ length: Number(slots) }, () =>
      withTenant(venueId, async (tx) => {
        await tx`select 1`
        open += 1
        if (open === Number(slots)) release()
        await allOpen
        await tx`select 1`
      }),
    ),
  )
}

const working = Array.from({ length: Number(lanes) }, (_, lane) => work(lane))
process.on('message', async (wish) => {
  if (wish === 'all slots') {
    await allSlots().catch((error) => faults.push(String(error)))
    return process.send?.({ answer: faults })
  }
  isRunning = false
  await Promise.all(working)
  process.send?.({ answer: { stored, unavailable, faults } })
})
