import { turns } from '../../lib/turns.ts'
import { randomOf } from '../oracle/random.ts'
import { type Measured, none } from './live-flow.ts'
import type { LiveSystem } from './live-system.ts'
import type { Line } from './section.ts'

type Span = { from: string; to: string }
type Value = { metric: string; currency: string | null; value: number | null; window: Span }
type Question = Value & { venueId: string; asOf: string; show: string | undefined }
type Kpi = Omit<Value, 'value'> & {
  current: number | null
  previous: number | null
  previousWindow: Span
}

const compared = 1500
const atOnce = turns(8)

/** Values that sockets were told, drawn by chance, against the API at the same `asOf`. */
export async function compareWithApi(
  system: LiveSystem,
  watchers: Measured['watchers'],
): Promise<Line[]> {
  const told = new Map<string, Question>()
  for (const { venueId, watcher } of watchers) {
    for (const channel of watcher.channels) {
      for (const { asOf, data } of watcher.toldIn(channel)) {
        for (const value of valuesIn(data)) {
          const question = { ...value, venueId, asOf, show: showOf(data) }
          told.set(JSON.stringify({ ...question, value: 0, channel }), question)
        }
      }
    }
  }
  const drawn = randomOf(Date.now())
    .shuffled([...told.values()])
    .slice(0, compared)
  const differing: { question: Question; answer: unknown }[] = []
  await Promise.all(
    drawn.map((question) =>
      atOnce(async () => {
        const answer = await answerTo(system, question)
        if (answer !== question.value) differing.push({ question, answer })
      }),
    ),
  )
  for (const one of differing.slice(0, 5)) process.stderr.write(`${JSON.stringify(one)}\n`)
  return [
    {
      what: 'told values compared with GET V/metrics/{metric}',
      unit: '',
      runs: [drawn.length],
      target: { least: 1000 },
    },
    none('told values that differ', differing.length),
  ]
}

async function answerTo(system: LiveSystem, { venueId, metric, show, ...asked }: Question) {
  const { status, body } = await system.get(venueId, `/metrics/${metric}`, {
    ...asked.window,
    granularity: 'none',
    asOf: asked.asOf,
    ...(asked.currency !== null && { currency: asked.currency }),
    ...(show !== undefined && { 'filter[event]': show }),
  })
  return status === 200 ? body.total : `${status}: ${JSON.stringify(body)}`
}

const showOf = (data: unknown) => (data as { event?: string }).event

/** The values of a metric's channel, a summary's or a show's. */
function valuesIn(data: unknown): Value[] {
  const { kpis, values, window, ...one } = data as {
    kpis?: Kpi[]
    values?: Omit<Value, 'window'>[]
    window?: Span
  } & Kpi
  if (kpis) return kpis.flatMap(valuesIn)
  if (values && window) return values.map((value) => ({ ...value, window }))
  const { metric, currency, current, previous, previousWindow } = one
  return [
    { metric, currency, value: current, window },
    { metric, currency, value: previous, window: previousWindow },
  ].filter(
    (value): value is Value => value.window !== undefined && value.window.from !== value.window.to,
  )
}
