import type { Tx } from '../clients/postgres.ts'
import { factsOf, matchesAll } from './matchers.ts'
import { readMuteWindows, readSilences } from './quiet-store.ts'
import type { Rule } from './rule.ts'
import { isWithin } from './schedule.ts'
import type { Labels } from './state.ts'

/** Whether nobody is to be told of a group of a rule now. */
export type IsQuiet = (rule: { id: string; rule: Rule }, labels: Labels) => boolean

/** Reads the silences and mute windows of a venue that hold at a moment. */
export async function readQuiet(
  tx: Tx,
  venueId: string,
  moment: Date,
  timeZone: string,
): Promise<IsQuiet> {
  const [silences, windows] = await Promise.all([
    readSilences(tx, venueId, moment),
    readMuteWindows(tx, venueId),
  ])
  const holding = [
    ...silences,
    ...windows.filter(({ hours }) => isWithin(hours, moment.getTime(), hours.tz ?? timeZone)),
  ]
  return ({ id, rule }, labels) =>
    holding.some(({ matchers }) =>
      matchesAll(matchers, factsOf({ ...rule, alertId: id, metric: rule.query.metric }, labels)),
    )
}
