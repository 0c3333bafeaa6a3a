import type { Finding } from './scenario.ts'

const names: Record<string, string> = {
  postgres: 'Postgres',
  mongo: 'Mongo',
  redis: 'Redis',
  queue: 'SQS + S3',
}

/** What was seen, as a Markdown table: a row for stores that were hit together. */
export function tableOf(findings: Finding[]): string {
  const kinds = [...new Set(findings.map(({ weather }) => weather.kind))]
  const rows = [...Map.groupBy(findings, titleOf)].map(([title, own]) => {
    const of = (kind: string) => own.find(({ weather }) => weather.kind === kind)
    return [title, ...kinds.flatMap((kind) => [during(of(kind)), after(of(kind))])]
  })
  const head = ['', ...kinds.flatMap((kind) => [headings[kind] ?? kind, 'back'])]
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

const headings: Record<string, string> = {
  away: 'away',
  slow: 'slow (5 s)',
  silent: 'silent',
}

const titleOf = ({ stores }: Finding) =>
  stores.length === 4 ? 'all four' : stores.map((store) => names[store] ?? store).join(' + ')

function during(found: Finding | undefined): string {
  if (!found) return '–'
  const { stores, batchDuringMs, batchCalmMs } = found
  const isJam = !stores.includes('postgres') && !stores.includes('queue')
  return [
    `ready ${found.ready.join(', ') || '(no answer in it)'}`,
    `GET ${found.answers.join(', ')}${found.slowestAnswerMs > 2000 ? ` in ≤ ${seconds(found.slowestAnswerMs)}` : ''}`,
    `POST ${found.posts.join(', ')}`,
    ...(isJam ? [`batch ${batchDuringMs} ms, ${batchCalmMs} before`] : []),
  ].join('; ')
}

function after(found: Finding | undefined): string {
  if (!found) return '–'
  const exact = found.lost + found.countDifference + found.valueDifferenceMinor + found.notArchived
  return [
    `${found.orders} orders, ${exact === 0 ? 'exact' : `LOST ${found.lost}, off by ${found.countDifference}`}`,
    `ready ${seconds(found.readyBackMs)}`,
    `new ${seconds(found.newCountedMs)}`,
    ...(found.waitingCountedMs > 1000 ? [`waiting ${seconds(found.waitingCountedMs)}`] : []),
    ...(found.outboxPeak > 0
      ? [`outbox of ${found.outboxPeak} ${seconds(found.outboxDrainedMs)}`]
      : []),
    `dead letters ${seconds(Math.max(0, found.deadLettersMs))}`,
  ].join('; ')
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
