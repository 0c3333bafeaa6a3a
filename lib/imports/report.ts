import type { Rounding } from './map.ts'

/** A record that did not become a number: which, where in its event, and why. */
export type Problem = { line: number; field: string; reason: string }

export type Report = {
  rows: number
  mapped: number
  sent: number
  counted: number
  known: number
  quarantined: number
  problems: Problem[]
  skipped: Map<string, number>
  rounding: Rounding[]
  /** Sent, and neither counted nor quarantined when the importer gave up. */
  waiting: number
  /** Why the import ended before its end. */
  stopped?: string
}

const mostProblems = 20

export const emptyReport = (): Report => ({
  rows: 0,
  mapped: 0,
  sent: 0,
  counted: 0,
  known: 0,
  quarantined: 0,
  problems: [],
  skipped: new Map(),
  rounding: [],
  waiting: 0,
})

/** Counts a record that cannot be counted as it is, and keeps the first ones to be shown. */
export function addProblem(report: Report, problem: Problem): void {
  report.quarantined += 1
  if (report.problems.length < mostProblems) report.problems.push(problem)
}

export function addSkipped(report: Report, reason: string): void {
  report.skipped.set(reason, (report.skipped.get(reason) ?? 0) + 1)
}

/** The report for a person. */
export function reportText(report: Report, { isDryRun = false } = {}): string {
  const skipped = [...report.skipped.values()].reduce((sum, count) => sum + count, 0)
  const counts: [string, number][] = isDryRun
    ? [['events that would be sent', report.mapped]]
    : [
        ['events sent', report.sent],
        ['counted', report.counted],
        ['already known', report.known],
      ]
  const lines = [
    ...table([
      ['rows read', report.rows],
      ...counts,
      ['quarantined', report.quarantined],
      ['skipped', skipped],
    ]),
    ...[...report.skipped].map(([reason, count]) => `  ${grouped(count)} × ${reason}`),
    ...roundingLines(report.rounding),
    ...problemLines(report),
  ]
  if (report.waiting > 0) lines.push(`${grouped(report.waiting)} events still wait to be counted`)
  if (report.stopped) lines.push(report.stopped)
  return lines.join('\n')
}

export const grouped = (count: number): string => count.toLocaleString('en-US')

function roundingLines(rounding: Rounding[]): string[] {
  if (rounding.length === 0) return ['rounding moved nothing']
  return rounding.map(
    ({ currency, amounts, moved }) =>
      `rounding moved ${moved} ${currency} in all, over ${grouped(amounts)} ${amounts === 1 ? 'amount' : 'amounts'}`,
  )
}

function problemLines({ problems, quarantined }: Report): string[] {
  if (problems.length === 0) return []
  const shown = problems.toSorted((a, b) => a.line - b.line)
  const title =
    quarantined > shown.length
      ? `the first ${shown.length} of ${grouped(quarantined)} quarantined:`
      : 'quarantined:'
  return [title, ...shown.map(problemLine)]
}

function problemLine({ line, field, reason }: Problem): string {
  if (field === '') return `  record ${line}  ${reason}`
  // The service's reasons begin with the field, the map's do not.
  const rule = reason.startsWith(`${field} `) ? reason.slice(field.length + 1) : reason
  return `  record ${line}  ${field}: ${rule}`
}

function table(rows: [string, number][]): string[] {
  const names = Math.max(...rows.map(([name]) => name.length))
  const numbers = Math.max(...rows.map(([, count]) => grouped(count).length))
  return rows.map(([name, count]) => `${name.padEnd(names)}  ${grouped(count).padStart(numbers)}`)
}
