import fc from 'fast-check'
import { evaluate } from '../../../lib/alerts/evaluate.ts'
import { Rule } from '../../../lib/alerts/rule.ts'
import { type Evaluated, type GroupState, keyOf, type Point } from '../../../lib/alerts/state.ts'
import { seedOfRun } from '../../oracle/random.ts'

const start = Date.parse('2026-06-01T00:00:00Z')
const seconds = fc.constantFrom('0s', '60s', '3m', '10m')
const condition = fc.oneof(
  fc.constantFrom('gt', 'gte', 'lt', 'lte', 'eq', 'neq').map((op) => ({ op, value: 5 })),
  fc.constantFrom('between', 'outside').map((op) => ({ op, values: [3, 7] })),
  fc.constantFrom('change_pct_gt', 'change_pct_lt').map((op) => ({ op, value: 10 })),
  fc.constant({ op: 'absent' }),
)
const rules = fc
  .record({
    condition,
    for: seconds,
    keepFiringFor: seconds,
    noData: fc.record({ policy: fc.constantFrom('ok', 'alert', 'keep_last'), for: seconds }),
    schedule: fc.option(fc.constantFrom({ from: '00:05', to: '00:40' }, { from: '23:00', to: '00:20' })), // biome-ignore format: one line
    recovers: fc.boolean(),
  })
  .map(({ recovers, ...rule }) =>
    Rule.parse({
      ...{ name: 'Rule', query: { metric: 'tickets_sold', window: '10m', groupBy: ['event'] } },
      ...rule,
      recovery: recovers && rule.condition.op === 'gt' ? { value: 3 } : null,
    }),
  )

const labelled = ['a', 'b', 'c'].map((event) => ({ event }))
const finding = fc.oneof(
  fc.record({
    kind: fc.constant('value' as const),
    value: fc.oneof(fc.integer({ min: 0, max: 10 }), fc.constant(Number.NaN)),
    compared: fc.option(fc.integer({ min: -2, max: 10 })),
    isThere: fc.boolean(),
  }),
  fc.constant({ kind: 'none' as const }),
  fc.constant({ kind: 'error' as const, reason: 'a fault' }),
)
const tick = fc.record({
  // Minutes, missed ones, and a clock that stands still.
  after: fc.constantFrom(0, 60_000, 60_000, 60_000, 61_000, 600_000),
  found: fc.tuple(...labelled.map(() => fc.option(finding))),
  isMuted: fc.boolean(),
  isStale: fc.boolean(),
})

const legal: Record<string, string[]> = {
  inactive: ['inactive', 'pending', 'firing'],
  pending: ['pending', 'inactive', 'firing'],
  firing: ['firing', 'recovering', 'inactive'],
  recovering: ['recovering', 'firing', 'inactive'],
}

test('10,000 random sequences keep what a state machine promises', () => {
  fc.assert(
    fc.property(rules, fc.array(tick, { maxLength: 20 }), (rule, ticks) => {
      let states: GroupState[] = []
      let now = start
      const open = new Map<string, { told: boolean }>()
      for (const { after, found, isMuted, isStale } of ticks) {
        now += after
        const points = found.flatMap((one, i): Point[] =>
          one ? [{ ...one, labels: labelled[i] ?? {} } as Point] : [],
        )
        const moment = { now, timeZone: 'UTC', isStale, isMuted: () => isMuted }
        const before = JSON.stringify([rule, states, points])
        const all = evaluate(rule, states, points, moment)
        must(JSON.stringify([rule, states, points]) === before, 'what it is given stays as it was')
        apart(all, rule, states, points, moment)
        for (const one of all) keepPromises(one, states, open, isMuted)
        states = all.map(({ state }) => state)
      }
    }),
    { numRuns: 10_000, seed: seedOfRun() },
  )
}, 120_000)

// Not by expect: this is asked two million times.
function must(holds: boolean, promise: string) {
  if (!holds) throw new Error(promise)
}

function keepPromises(
  { state, changes, tell }: Evaluated,
  states: GroupState[],
  open: Map<string, { told: boolean }>,
  isMuted: boolean,
) {
  const key = keyOf(state.labels)
  const from = states.find(({ labels }) => keyOf(labels) === key)?.status ?? 'inactive'
  const has = (kind: string) => changes.some((change) => change.kind === kind)
  must(legal[from]?.includes(state.status) ?? false, `no edge from ${from} to ${state.status}`)
  must(from === state.status || changes.length > 0, 'no edge without a change that says so')
  if (has('fired')) {
    must(!open.has(key), 'it fires only where no instance is open')
    open.set(key, { told: false })
  }
  const instance = open.get(key)
  if (tell === 'firing') {
    must(instance?.told === false, 'it is told to fire once')
    must(!isMuted, 'nothing begins to be told while it is muted')
    must(state.status === 'firing', 'what is told to fire fires')
    if (instance) instance.told = true
  }
  if (has('resolved')) {
    must(instance !== undefined, 'it is over only where it was')
    must(tell === (instance?.told ? 'recovered' : null), 'who was told is told that it is over')
    open.delete(key)
  } else must(tell !== 'recovered', 'it is told to be over when it is')
  const isOpen = state.status === 'firing' || state.status === 'recovering'
  must(isOpen === open.has(key), 'an instance is open as long as it fires or recovers')
  if (state.status !== 'inactive') return
  must(state.breaches === 0 && !state.isTold, 'nothing is left of what is over')
}

/** Each group is for itself: evaluated alone it comes to the same. */
function apart(
  all: Evaluated[],
  rule: Rule,
  states: GroupState[],
  points: Point[],
  moment: Parameters<typeof evaluate>[3],
) {
  const one = all[0]
  if (!one) return
  const key = keyOf(one.state.labels)
  const isOf = ({ labels }: { labels: Record<string, string> }) => keyOf(labels) === key
  const alone = evaluate(rule, states.filter(isOf), points.filter(isOf), moment)
  must(JSON.stringify(alone) === JSON.stringify([one]), 'each group is for itself')
}
