import type { Findings } from './check.ts'
import { type Point, points } from './points.ts'
import { venues } from './told.ts'

export type Report = Findings & {
  seed: number
  events: number
  deliveries: number
  messages: number
  seconds: number
  killed: Record<Point, number>
  storesKilled: { postgres: number; mongo: number; redis: number }
  /** From Postgres answering again to the first commit. */
  longestRecoveryMs: number
  /** Processes that ended though nobody killed them. */
  crashes: string[]
  deadLetters: number
}

const recoveryLimitMs = 10_000

/** What is wrong, a sentence each; nothing when the run was exact. */
export function faultsOf(report: Report): string[] {
  const zeros = {
    'events lost': report.lost.length,
    'events counted twice': report.double.length,
    'events refused': report.refused,
    'raw copies missing': report.copiesMissing,
    'raw copies too many': report.copiesTwice,
    'raw copies left in the outbox': report.outbox,
    'dead letters': report.deadLetters,
    'numbers that differ': report.differences.length,
    'processes that ended by themselves': report.crashes.length,
  }
  const found = Object.entries(zeros).flatMap(([what, n]) => (n === 0 ? [] : `${n} ${what}`))
  if (report.longestRecoveryMs > recoveryLimitMs) {
    found.push(`nothing was counted for ${report.longestRecoveryMs} ms after Postgres was back`)
  }
  return found
}

/** The report for a person. */
export function tableOf(report: Report): string {
  const { killed, storesKilled: stores } = report
  const rate = Math.round(report.deliveries / report.seconds)
  const recovery = (report.longestRecoveryMs / 1000).toFixed(1)
  const rows = [
    ['seed', `${report.seed}`],
    ['events', `${n(report.events)} in ${venues.length} venues`],
    ['deliveries', `${n(report.deliveries)} in ${n(report.messages)} messages`],
    ['seconds', `${report.seconds.toFixed(1)} (${n(rate)} deliveries a second, faults included)`],
    ['processes killed', n(Object.values(killed).reduce((sum, one) => sum + one, 0))],
    ...Object.entries(points).map(([point, what]) => [
      `  ${point}`,
      `${String(killed[point as Point]).padEnd(3)} ${what}`,
    ]),
    ['Postgres killed', `${stores.postgres}, counted again after ${recovery} s at most`],
    ['Mongo, Redis killed', `${stores.mongo}, ${stores.redis}`],
    ['inbox, ledger', `${n(report.inbox)} events, ${n(report.ledger)} entries`],
    [
      'raw copies',
      `${n(report.copies)}, ${report.copiesMissing} missing, ${report.copiesTwice} twice`,
    ],
    ['outbox, dead letters', `${report.outbox}, ${report.deadLetters}`],
    ['lost', n(report.lost.length)],
    ['double', n(report.double.length)],
    [
      'differences',
      `${report.differences.length} of ${n(report.numbers)} numbers of ${report.metrics} metrics`,
    ],
  ]
  const width = Math.max(...rows.map(([name = '']) => name.length))
  return rows.map(([name = '', value]) => `${name.padEnd(width)}  ${value}`).join('\n')
}

const n = (count: number) => count.toLocaleString('en-US')
