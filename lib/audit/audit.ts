import { createHash } from 'node:crypto'
import { type Tx, withTenantJob } from '../clients/postgres.ts'
import { copyShows } from '../show-sums/copy.ts'
import { businessDayOf, startOfDay } from '../time/periods.ts'
import { readVenue } from '../venues/store.ts'
import { datesOf, dayBefore, occasionOf, startOfNight } from './days.ts'
import { type Outcome, type Scene, steps } from './steps.ts'
import { finishStep, hasRun, insertRun, readOlder, type State, takeRun } from './store.ts'

/**
 * Does the audits that a venue waits for, that of a night among them. Each step of a run is one
 * transaction: what dies in the middle is done again by the next who is asked, and of several at
 * once one works. Returns how many steps were done and what was found.
 */
export async function auditVenue(
  venueId: string,
  night: string | null,
): Promise<Record<string, number>> {
  if (night !== null) await withTenantJob(venueId, (tx) => beginNight(tx, venueId, night))
  const counts = { steps: 0, found: 0, healed: 0 }
  // Step after step: each is committed before the next begins.
  for (;;) {
    const done = await withTenantJob(venueId, (tx) => nextStep(tx, venueId))
    if (!done) return counts
    counts.steps += 1
    counts.found += done.results.reduce((sum, { found }) => sum + found, 0)
    counts.healed += done.results.reduce((sum, { healed }) => sum + healed, 0)
    if (done.results.some(({ store, healed }) => store === 'document' && healed > 0)) {
      await copyShows(venueId)
    }
  }
}

const after: Record<Exclude<State, 'done'>, State> = {
  sums: 'copies',
  copies: 'archive',
  archive: 'done',
}

async function nextStep(tx: Tx, venueId: string): Promise<Outcome | undefined> {
  const run = await takeRun(tx, venueId)
  if (!run || run.state === 'done') return undefined
  const venue = await readVenue(tx, venueId)
  const spans = run.spans.map(([from, to]) => ({
    from: startOfDay(from, venue.settings),
    to: startOfDay(to, venue.settings),
  }))
  const scene: Scene = { tx, venueId, runId: run.runId, venue, spans }
  const outcome = await steps[run.state](scene)
  const { results, archive = null } = outcome
  await finishStep(tx, venueId, run.runId, { state: after[run.state], results, archive })
  return outcome
}

/** Notes the run of a night: the day before it, and an older day that the night and venue draw. */
async function beginNight(tx: Tx, venueId: string, night: string): Promise<void> {
  const occasion = occasionOf(night)
  if (await hasRun(tx, venueId, occasion)) return
  const { settings } = await readVenue(tx, venueId)
  const yesterday = dayBefore(startOfNight(night), settings)
  const drawn = createHash('sha256').update(`${venueId} ${night}`).digest().readUInt32BE() / 2 ** 32
  const older = await readOlder(tx, venueId, { before: yesterday.start, share: drawn })
  const days = [yesterday, ...(older === null ? [] : [businessDayOf(older, settings)])]
  const spans = days.map((day) => datesOf(day, settings))
  await insertRun(tx, venueId, { occasion, startedBy: 'clock', spans })
}
