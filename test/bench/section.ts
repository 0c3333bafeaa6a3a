import { loadavg } from 'node:os'

/** A figure and what it is held against, both with every run of theirs. */
export type Line = {
  what: string
  unit: string
  runs: number[]
  /** What the machine can do at best, or what is compared, measured in turn with it. */
  limit?: { what: string; runs: number[] }
  /** Of the ratio to the limit, or where there is none of the figure itself. */
  target?: { least: number } | { most: number }
}

export type Section = { title: string; lines: Line[]; notes: string[]; load: number[] }

/** What each part of the bench is told. */
export type Options = { isQuick: boolean; events: number[] }

export const section = (title: string, lines: Line[], notes: string[] = []): Section => ({
  title,
  lines,
  notes,
  load: loadavg(),
})

/** The part of the sorted values below which `share` of them lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? Number.NaN
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** The figure, its ratio to the limit, and whether the target is met; undefined without one. */
export function judged({ runs, limit, target }: Line) {
  const value = median(runs)
  const ratio = limit && value / median(limit.runs)
  const told = ratio ?? value
  const isMet = target && ('least' in target ? told >= target.least : told <= target.most)
  return { value, ratio, isMet }
}

/** A section as a table for the terminal. */
export function tableOf({ title, lines, notes, load }: Section): string {
  const rows = lines.map((line) => {
    const { value, ratio, isMet } = judged(line)
    const { limit, target, unit } = line
    return [
      line.what,
      `${figure(value)} ${unit}`,
      limit ? `${limit.what} ${figure(median(limit.runs))}` : '',
      ratio === undefined ? '' : `${figure(ratio)} ×`,
      target ? ('least' in target ? `≥ ${target.least}` : `≤ ${target.most}`) : '',
      isMet === undefined ? '' : isMet ? 'yes' : 'NO',
    ]
  })
  const head = ['', 'median', 'against', 'ratio', 'target', 'met']
  const widths = head.map((name, i) =>
    Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)),
  )
  const text = [head, ...rows].map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  '),
  )
  const loads = `load average ${load.map((one) => one.toFixed(2)).join(' ')}`
  return [`\n${title} (${loads})`, ...text, ...notes.map((note) => `  ${note}`)].join('\n')
}

/** A number with three digits that count. */
export const figure = (value: number): string =>
  Math.abs(value) >= 1000
    ? Math.round(value).toLocaleString('en-US')
    : String(Number(value.toPrecision(3)))
