import type { Answered } from '../support/http.ts'
import type { Attempt } from './attempts.ts'

/** What is wrong with a body as a whole: there is no field to name. */
const ofWholes =
  /^The body (is (empty|not UTF-8|not JSON|not gzip)$|begins with a byte order mark|must be a JSON array$)/

/** Fields of which one is measured against the other. */
const together = [
  ['from', 'to', 'granularity', 'tz', 'limit'],
  ['op', 'value', 'values', 'compare', 'dimension'],
  ['condition', 'recovery', 'query'],
  ['metric', 'per', 'groupBy', 'filters'],
  ['startsAt', 'endsAt'],
]
/** Of these each is measured against the one before. */
const inOrder = /^steps\.\d+\.after$/
/** What is ordered by is named elsewhere in the question. */
const byName = /^order\.\d+\.by$/

type Issue = { path: string }

/** What an answer breaks of what is promised whatever is asked. */
export function faultsOf({ place, asked }: Attempt, answered: Answered, planted: string) {
  const { status, text } = answered
  const faults: string[] = []
  if (status >= 500) faults.push(`answers ${status}`)
  if (text.includes(planted)) faults.push('tells what is another venue’s')
  if (asked.params?.venueId && status < 400 && !holds(asked)) faults.push('lets a stranger in')
  if (status === 400 || status === 422) faults.push(...unnamed(answered, place))
  return faults
}

const holds = ({ caller, params }: Attempt['asked']): boolean =>
  typeof caller === 'object' &&
  caller !== null &&
  Object.hasOwn(caller.venues ?? {}, params?.venueId ?? '')

function unnamed({ body }: Answered, place: string | undefined): string[] {
  const { detail, issues = [] } = body as { detail: string; issues?: Issue[] }
  if (ofWholes.test(detail)) return []
  if (issues.length === 0) return [`names no field: ${detail}`]
  const named =
    place === undefined ||
    !place.isWellFormed() ||
    issues.some(({ path }) => byName.test(path) || isOf(path, place))
  return named ? [] : [`names ${issues.map(({ path }) => path).join()} for ${place}`]
}

/** Whether a path leads to the place, into it, or to a field that is measured against it. */
function isOf(path: string, place: string): boolean {
  const [one, other] = [path.split('.'), place.split('.')]
  const common = Math.min(one.length, other.length)
  if (path === '' || place === '' || starts(one, other.slice(0, common))) return true
  if (inOrder.test(path) && inOrder.test(place)) return true
  const fork = one.findIndex((step, i) => !isSame(step, other[i] ?? ''))
  const [name = '', beside = ''] = [one[fork], other[fork]]
  return together.some((names) => names.includes(name) && names.includes(beside))
}

// Names beyond all bounds are not repeated whole.
const isSame = (told: string, step: string): boolean =>
  told === step || (told.endsWith('…') && step.startsWith(told.slice(0, -1)))

const starts = (path: string[], beginning: string[]): boolean =>
  beginning.every((step, i) => isSame(path[i] ?? '', step))
