import fc from 'fast-check'
import { durationMs } from '../../../lib/alerts/duration.ts'
import { evaluate } from '../../../lib/alerts/evaluate.ts'
import { Rule } from '../../../lib/alerts/rule.ts'
import { isWithin } from '../../../lib/alerts/schedule.ts'
import type { Cause, Evaluated, GroupState, Moment, Point } from '../../../lib/alerts/state.ts'
import { seedOfRun } from '../../oracle/random.ts'

const seed = seedOfRun()
const minute = 60_000
const start = Date.parse('2026-06-01T21:50:00Z')
const names = ['a', 'b', 'c']

// Few thresholds, values and times, so that everything meets everything.
const anyCondition = fc.constantFrom(
  { condition: { op: 'gt', value: 10 } },
  { condition: { op: 'gt', value: 10 }, recovery: { value: 5 } },
  { condition: { op: 'lte', value: 5 }, recovery: { value: 10 } },
  { condition: { op: 'outside', values: [4, 11] }, recovery: { values: [5, 8] } },
  { condition: { op: 'neq', value: 8 } },
  { condition: { op: 'change_pct_gt', value: 20 }, recovery: { value: 0 } },
  { condition: { op: 'absent' } },
)
const anyTime = fc.constantFrom('0s', '0s', '1m', '2m', '5m', '1h')
const anyRule = fc
  .record({
    judged: anyCondition,
    for: anyTime,
    keepFiringFor: anyTime,
    policy: fc.constantFrom('ok', 'alert', 'keep_last'),
    noDataFor: anyTime,
    schedule: fc.constantFrom(null, null, { days: ['mon'], from: '22:00', to: '22:10' }),
    metric: fc.constantFrom('tickets_open', 'orders', 'orders', 'data_age_seconds'),
  })
  .map(({ judged, policy, noDataFor, metric, ...rest }) => {
    const isChange = judged.condition.op === 'change_pct_gt'
    const groupBy = metric === 'data_age_seconds' ? [] : ['event']
    return Rule.parse({
      ...{ ...judged, ...rest, name: 'any', noData: { policy, for: noDataFor } },
      query: isChange
        ? { metric: 'orders', window: '5m', groupBy: ['event'] }
        : { metric, window: '5m', groupBy },
    })
  })

/** What is found of a group: numbers to look up, for they are made fast. */
const kinds = [
  3,
  5,
  7,
  8,
  10,
  12,
  12,
  12,
  20,
  Number.NaN,
  'zero',
  'none',
  'error',
  'left out',
] as const
const bases = [10, 10, 8, 0, null, undefined]
const anyFound = fc.nat(kinds.length * bases.length - 1)
const steps = [1, 1, 1, 1, 0.5, 3, 70, 1500]
const anyTick = fc.record({
  step: fc.nat(steps.length - 1),
  found: fc.tuple(anyFound, anyFound, anyFound),
  /** Which are muted, whether data are stale, and which one somebody resolves by hand after it. */
  muted: fc.nat(15),
  stale: fc.nat(5),
  resolved: fc.nat(20),
})
type Tick = { step: number; found: [number, number, number]; muted: number; stale: number; resolved: number } // biome-ignore format: one line

function pointsOf({ found }: Tick): Point[] {
  return names.flatMap((event, i): Point[] => {
    const number = found[i] ?? 0
    const kind = kinds[number % kinds.length]
    const compared = bases[Math.floor(number / kinds.length)]
    const labels = { event }
    if (kind === 'left out' || kind === undefined) return []
    if (kind === 'none') return [{ labels, kind }]
    if (kind === 'error') return [{ labels, kind, reason: 'it failed' }]
    const value = kind === 'zero' ? 0 : kind
    const told = { labels, kind: 'value', value, isThere: kind !== 'zero' } as const
    return [compared === undefined ? told : { ...told, compared }]
  })
}

function momentOf({ muted, stale }: Tick, now: number): Moment {
  const isMuted = (labels: Record<string, string>) =>
    muted < 8 && ((muted >> names.indexOf(labels.event ?? '')) & 1) === 1
  return { now, unseenMs: 0, timeZone: 'UTC', isStale: stale === 0, isMuted }
}

const edges = new Map([
  ['inactive', ['pending']],
  ['pending', ['fired', 'dropped']],
  ['firing', ['recovering', 'cause_changed']],
  ['recovering', ['resumed', 'resolved']],
  ['dismissed', ['released']],
])
const target: Record<string, GroupState['status']> = {
  ...{ pending: 'pending', fired: 'firing', dropped: 'inactive', recovering: 'recovering' },
  ...{ resumed: 'firing', resolved: 'inactive', cause_changed: 'firing', released: 'inactive' },
}

/** What is known of a group by another count than its own. */
type Life = {
  breaches: number
  isOpen: boolean
  told: Cause[]
  noDataSince: number | null
  errorSince: number | null
  wasFound: boolean
}
const newLife = (): Life => ({
  ...{ breaches: 0, isOpen: false, told: [] },
  ...{ noDataSince: null, errorSince: null, wasFound: false },
})

/** Whether the condition of a rule holds at a point, written out for the few that are drawn. */
function plainlyHolds({ condition }: Rule, point: Point | undefined): boolean | undefined {
  const { op } = condition
  if (point?.kind === 'error') return undefined
  const isThere = point?.kind === 'value' && point.isThere
  if (op === 'absent') return !isThere
  if (point?.kind !== 'value' || Number.isNaN(point.value)) return undefined
  const { value, compared } = point
  if (op === 'gt') return value > 10
  if (op === 'lte') return value <= 5
  if (op === 'outside') return value < 4 || value > 11
  if (op === 'neq') return value !== 8
  return compared ? value > compared * 1.2 : undefined
}

/** Whether a tick counts as a trigger of what is pending or fires: by the condition, or for want of an answer. */
function isTrigger(rule: Rule, life: Life, point: Point | undefined, now: number): boolean {
  const holds = plainlyHolds(rule, point)
  if (point?.kind === 'error') life.errorSince ??= now
  else life.errorSince = null
  if (holds !== undefined) life.noDataSince = null
  else if (point?.kind !== 'error') life.noDataSince ??= now
  if (holds !== undefined) return holds
  const since = point?.kind === 'error' ? life.errorSince : life.noDataSince
  return rule.noData.policy === 'alert' && now - (since ?? now) >= durationMs(rule.noData.for)
}

function expectLegal(
  before: GroupState | undefined,
  { state, changes, tell }: Evaluated,
  life: Life,
): void {
  let status = before?.status ?? 'inactive'
  for (const { kind } of changes) {
    if (!edges.get(status)?.includes(kind)) throw new Error(`${status} → ${kind}`)
    status = target[kind] ?? status
    if (kind === 'fired') Object.assign(life, { isOpen: true, told: [] })
  }
  if (state.status !== status) throw new Error(`${status} became ${state.status}`)
  const isOther = before?.cause !== state.cause && changes.every(({ kind }) => kind !== 'fired')
  if (changes.some(({ kind }) => kind === 'cause_changed') !== (isOther && status === 'firing')) {
    throw new Error('its cause changed, and that is not told, or it did not')
  }
  const isOver = changes.some(({ kind }) => kind === 'resolved')
  if (isOver && !life.isOpen) throw new Error('resolved what never fired')
  if (tell === 'firing') {
    if (!life.isOpen || state.status !== 'firing') throw new Error('told of what does not fire')
    if (life.told.includes(state.cause)) throw new Error('told twice')
    life.told.push(state.cause)
  }
  if (isOver !== (tell === 'recovered') && !(isOver && life.told.length === 0))
    throw new Error(`${tell}`)
  if (tell === 'recovered' && life.told.length === 0)
    throw new Error('recovered, but never told of')
  if (isOver) life.isOpen = false
  const isOpen = state.status === 'firing' || state.status === 'recovering'
  if (life.isOpen !== isOpen) throw new Error(`${state.status}, but ${life.isOpen}`)
  const told = isOpen ? life.told : []
  if (state.status !== 'dismissed' && state.told.join() !== told.join())
    throw new Error('it remembers another telling')
}

function expectCounted(rule: Rule, answer: Evaluated, life: Life, trigger: boolean): void {
  const { state, changes, isBreaching } = answer
  if (changes.some(({ kind }) => kind === 'pending')) life.breaches = 0
  const isActive = state.status === 'pending' || state.status === 'firing'
  if (trigger && isActive) life.breaches += 1
  if (state.status === 'inactive') life.breaches = 0
  if (state.breaches !== life.breaches) {
    throw new Error(`${state.breaches} breaches, but ${life.breaches}: ${rule.condition.op}`)
  }
  if (isBreaching !== (trigger && isActive)) throw new Error('isBreaching')
}

/** What is frozen throws where somebody changes it. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const part of Object.values(Object.freeze(value))) frozen(part)
  return value
}

function expectApart(
  rule: Rule,
  states: GroupState[],
  points: Point[],
  moment: Moment,
  together: Evaluated[],
) {
  // biome-ignore format: one line
  const apart = [true, false].flatMap((isFirst) => {
    const own = ({ labels }: { labels: Record<string, string> }) => (labels.event === 'a') === isFirst
    return evaluate(rule, states.filter(own).reverse(), points.filter(own).reverse(), moment)
  })
  if (JSON.stringify(apart) !== JSON.stringify(together)) throw new Error('apart it is another')
}

function playAll(rule: Rule, ticks: Tick[]): void {
  let now = start
  let states: GroupState[] = []
  const lives = new Map(names.map((name) => [name, newLife()]))
  for (const tick of ticks) {
    now += (steps[tick.step] ?? 1) * minute
    const points = frozen(pointsOf(tick))
    const moment = momentOf(tick, now)
    const answers = frozen(evaluate(rule, states, points, moment))
    expectApart(rule, states, points, moment, answers)
    const isStill = moment.isStale && rule.query.metric !== 'data_age_seconds'
    for (const [name, life] of lives) {
      const isOf = ({ labels }: { labels: Record<string, string> }) => labels.event === name
      const before = states.find(isOf)
      const point = points.find(isOf)
      const answer = answers.find(({ state }) => isOf(state))
      life.wasFound = before !== undefined || point !== undefined
      if (isStill) Object.assign(life, { noDataSince: null, errorSince: null })
      const trigger = !isStill && life.wasFound && isTrigger(rule, life, point, now)
      if (!answer) {
        const isIdle = !before || before.status === 'inactive' || before.status === 'dismissed'
        if (!isIdle || (point && before && now - before.seenAt <= 1440 * minute))
          throw new Error('lost')
        lives.set(name, newLife())
        continue
      }
      expectLegal(before, answer, life)
      expectCounted(rule, answer, life, trigger)
      const { state, tell } = answer
      const isQuiet = isStill || moment.isMuted(state.labels)
      if (tell === 'firing' && isQuiet) throw new Error('told what is held back')
      if (state.status === 'firing' && !state.told.includes(state.cause) && !isQuiet)
        throw new Error('told nobody')
      const begun = answer.changes.some(({ kind }) => kind === 'pending')
      const isOutside = rule.schedule && !isWithin(rule.schedule, now, 'UTC')
      if (begun && (isStill || isOutside)) throw new Error('began where nothing begins')
    }
    states = answers.map(({ state }) => state)
    const byHand = states[tick.resolved]
    if (byHand?.status === 'firing' || byHand?.status === 'recovering') {
      states = states.map((state) => (state === byHand ? { ...state, status: 'dismissed' } : state))
      Object.assign(lives.get(byHand.labels.event ?? '') ?? {}, { isOpen: false, told: [] })
    }
    frozen(states)
  }
}

test('whatever happens, nothing is skipped, lost, told twice or told without a reason', () => {
  const sequence = fc.array(anyTick, { minLength: 1, maxLength: 10 })
  fc.assert(fc.property(anyRule, sequence, playAll), {
    seed,
    numRuns: Number(process.env.RUNS ?? 10_000),
  })
})

/** What becomes of groups at ticks of which some come late: nobody looked for so many minutes before. */
function outcomes(
  rule: Rule,
  ticks: readonly (readonly [tick: Tick, unseen: number])[],
): unknown[] {
  let now = start
  let states: GroupState[] = []
  return ticks.map(([tick, unseen]) => {
    const unseenMs = unseen * minute
    now += (steps[tick.step] ?? 1) * minute + unseenMs
    const answers = evaluate(rule, states, pointsOf(tick), { ...momentOf(tick, now), unseenMs })
    states = answers.map(({ state }) => state)
    return answers.map(({ state, changes, tell, isBreaching }) => {
      const { since, noDataSince, errorSince, seenAt, ...timeless } = state
      return { timeless, changes, tell, isBreaching }
    })
  })
}

test('time in which nobody looked changes nothing but when it comes', () => {
  const gap = fc.oneof(fc.constant(0), fc.nat(5000))
  const sequence = fc.array(fc.tuple(anyTick, gap), { minLength: 1, maxLength: 10 })
  const property = fc.property(anyRule, sequence, (any, ticks) => {
    const rule = { ...any, schedule: null }
    const looked = ticks.map(([tick]) => [tick, 0] as const)
    expect(outcomes(rule, ticks)).toEqual(outcomes(rule, looked))
  })
  fc.assert(property, { seed, numRuns: 2000 })
})
