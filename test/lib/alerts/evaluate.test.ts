import { evaluate } from '../../../lib/alerts/evaluate.ts'
import type { GroupState, Point } from '../../../lib/alerts/state.ts'
import { play, repeated, ruleOf } from './sequence.ts'

type Row = [name: string, rule: Record<string, unknown>, ticks: string, expected: string]
const holds = (_name: string, rule: Record<string, unknown>, ticks: string, expected: string) => {
  expect(play(rule, ticks).letters).toBe(repeated(expected).join(' '))
}

const wait = { for: '2m' }
const lasting = { keepFiringFor: '2m' }
const hysteresis = { recovery: { value: 5 } }
const noData = (policy: string, time = '2m') => ({ noData: { policy, for: time } })
const above = (op: string, value: number) => ({ condition: { op, value } })
const change = (op: string, value: number) => ({
  condition: { op, value, compare: 'previous_period' },
})

test.each<Row>([
  ['what never holds never fires', {}, '5 10 -3 0', '. . . .'],
  ['a rule without `for` fires at the first tick and is over at the first that is clear', {}, '5 12 5 5', '. F R .'],
  ['it fires once however long it holds', {}, '12*5 5', 'F f*4 R'],
  ['a rule with `for` is pending until that time is over', wait, '12 12 12 12 5', 'p p F f R'],
  ['a `for` that ends between two ticks ends at the later one', { for: '90s' }, '12 12 12', 'p p F'],
  ['a tick that does not breach drops what is pending', wait, '12 12 5 5', 'p p . .'],
  ['grafana#46912: pending begins anew after a tick that does not breach', wait, '12 12 5 12 12 12', 'p p . p p F'],
  ['grafana#46912: a value that flaps at every tick never fires a rule that waits', wait, '12 5 12 5 12 5 12', 'p . p . p . p'],
  ['ticks that were left out count as time', wait, '12 +1h 12 5', 'p F R'],
  ['after it is over it fires again, and that is told again', {}, '12 5 12 5', 'F R F R'],
  ['after it is over it waits again', wait, '12*3 5 12*3', 'p p F R p p F'],
])('%s', holds) // biome-ignore format: a table reads better in rows

test.each<Row>([
  ['it is over when it has been clear for keepFiringFor', lasting, '12 5 5 5 5', 'F r r R .'],
  ['a breach while it recovers resumes it and tells nobody', lasting, '12 5 12 5 5 5', 'F r f r r R'],
  ['a breach at the tick at which it would be over resumes it', lasting, '12 5 5 12', 'F r r f'],
  ['its recovery ends at the first tick after the time, however late that comes', lasting, '12 5 +1h 5', 'F r R'],
  ['it recovers only beyond its own threshold', hysteresis, '8 12 8 6 5 8', '. F f f R .'],
  ['what is between the thresholds is not pending', { ...hysteresis, ...wait }, '12 8 12 12 8', 'p . p p .'],
  ['a recovering one between the thresholds stays, and its clock starts anew', { ...hysteresis, ...lasting }, '12 4 8 4 4', 'F r r r R'],
  ['a recovering one between the thresholds resumes at a breach alone', { ...hysteresis, ...lasting }, '12 4 8 8 8 12', 'F r r r r f'],
  ['a rule for what is too little recovers above its threshold', { ...above('lt', 10), recovery: { value: 20 } }, '9 15 20 15', 'F f R .'],
  ['a rule for what is outside recovers well inside', { condition: { op: 'outside', values: [10, 20] }, recovery: { values: [12, 18] } }, '9 11 19 18 11', 'F f f R .'],
  ['a change recovers beyond its own threshold', { ...change('change_pct_gt', 50), recovery: { value: 20 } }, '16/10 14/10 12/10', 'F f R'],
])('%s', holds) // biome-ignore format: a table reads better in rows

test.each<Row>([
  ['gt holds above', above('gt', 10), '10 10.01', '. F'],
  ['gte holds from there on', above('gte', 10), '9.99 10', '. F'],
  ['lt holds below', above('lt', 10), '10 9.99', '. F'],
  ['lte holds up to there', above('lte', 10), '10.01 10', '. F'],
  ['eq holds there alone', above('eq', 10), '9 11 10 9', '. . F R'],
  ['neq holds everywhere else', above('neq', 10), '10 9 10 11', '. F R F'],
  ['between holds at its ends and within', { condition: { op: 'between', values: [5, 10] } }, '4.9 5 10 7 10.1', '. F f f R'],
  ['outside holds beyond its ends', { condition: { op: 'outside', values: [5, 10] } }, '5 10 4.9 7 10.1', '. . F R F'],
  ['change_pct_gt holds where it rose by more', change('change_pct_gt', 20), '12/10 12.1/10', '. F'],
  ['change_pct_lt holds where it fell by more', change('change_pct_lt', -20), '8/10 7.9/10', '. F'],
  ['a change of what is negative is measured by its size', change('change_pct_gt', 20), '-12/-10 -7/-10', '. F'],
  ['absent holds where nothing was counted or nothing is known', { condition: { op: 'absent' } }, '3 0? 3 - 3 0', '. F R F R .'],
  ['absent waits for its own time, not for that of no data', { condition: { op: 'absent' }, for: '1m', noData: { for: '1h' } }, '- -', 'p F'],
])('%s', holds) // biome-ignore format: a table reads better in rows

test.each<Row>([
  ['NaN is no data and fires nothing', above('neq', 10), 'NaN NaN NaN', '. . .'],
  ['Infinity is no data and fires nothing', above('gt', 10), 'Infinity -Infinity', '. .'],
  ['a change without a base is no data and fires nothing', change('change_pct_gt', 20), '12/- 12/0 12', '. . .'],
  ['a change from nothing to nothing is no data', change('change_pct_lt', -20), '0/0 0/-0', '. .'],
  ['a change that is too large for a number is no data', change('change_pct_gt', 20), '1e15/1e-300', '.'],
  ['a base of zero while it fires holds it where it is', change('change_pct_gt', 20), '13/10 13/0 13/10', 'F f f'],
  ['absent does not mind what the number is', { condition: { op: 'absent' } }, 'NaN NaN?', '. F'],
])('%s', holds) // biome-ignore format: a table reads better in rows

test.each<Row>([
  ['grafana#31390: no data has a time of its own before it fires', noData('alert'), '5 - - - - 5', '. . . N n R'],
  ['grafana#89982: a connection that is back within the time fires nothing', noData('alert'), '5 - - 5 - - 5', '. . . . . . .'],
  ['grafana#16290: no data does not fire at its first tick', noData('alert', '5m'), '5 -*5 -', '. .*5 N'],
  ['grafana#82989: `for` is short and the time of no data long, each by itself', { for: '1m', ...noData('alert', '3m') }, '12 12 5 -*3 -', 'p F R .*3 N'],
  ['grafana#29397: `for` does not apply again after the time of no data', { for: '1h', ...noData('alert') }, '5 - - -', '. . . N'],
  ['no data fires at once where its time is nothing', noData('alert', '0s'), '5 -', '. N'],
  ['its time begins anew after any value', noData('alert'), '- - 5 - - -', '. . . . . N'],
  ['what fires for no data and then breaches is told again, for its condition', noData('alert'), '- - - 12 12 5', '. . N F f R'],
  ['what fires for no data recovers like anything else', { ...lasting, ...noData('alert') }, '- - - 5 5 5', '. . N r r R'],
  ['what fires for its condition and then has no data is told again, of each once', noData('alert'), '12 - - - 12 - - -', 'F f f N f f f n'],
  ['what is pending is held without data, and its time goes on', { for: '3m', ...noData('alert', '1h') }, '12 - - 12', 'p p p F'],
  ['what is pending does not fire at a tick without data', { for: '2m', ...noData('ok', '1h') }, '12 - - - 5', 'p p p p .'],
  ['what recovers is not over at a tick without data', { ...lasting, ...noData('ok', '1h') }, '12 5 - - - 5', 'F r r r r R'],
  ['what recovers resumes when no data is due', { ...lasting, ...noData('alert', '1m') }, '12 5 - - 5', 'F r r N r'],
  ['policy ok: no data is held for its time and then clear', noData('ok'), '12 - - - 5', 'F f f R .'],
  ['policy ok: what is pending is dropped after the time', { for: '1h', ...noData('ok') }, '12 - - -', 'p p p .'],
  ['policy ok by default, for fifteen minutes', {}, '12 -*15 -', 'F f*15 R'],
  ['policy keep_last: no data changes nothing for ever', noData('keep_last'), '12 - +7d - - 5', 'F f f f R'],
  ['policy keep_last: what was recovering when the data went is over in its time', { ...lasting, ...noData('keep_last') }, '12 5 - - - 5', 'F r r r R .'],
  ['policy keep_last: between the thresholds a recovery begins anew, and no data ends it', { ...hysteresis, keepFiringFor: '4m', ...noData('keep_last', '1m') }, '12 5 8 - - - -', 'F r r r r r R'],
  ['no data decides after its time, by the clock and not by ticks', noData('alert'), '- +1h -', '. N'],
])('%s', holds) // biome-ignore format: a table reads better in rows

test.each<Row>([
  ['an error has the same time before it fires', noData('alert'), '5 ! ! ! ! 5', '. . . E e R'],
  ['an error fires nothing where no data is ok', noData('ok'), '5 !*5', '. .*5'],
  ['an error is no reason to believe that all is well', noData('ok'), '12 !*5 5', 'F f*5 R'],
  ['an error is held for ever where the last is kept', noData('keep_last'), '12 ! +7d ! 5', 'F f f R'],
  ['errors are counted anew after any answer', noData('alert'), '! ! 5 ! ! - ! !', '. . . . . . . .'],
  ['no data goes on through an error', noData('alert'), '- ! -', '. . N'],
  ['an error after no data keeps it firing', noData('alert', '0s'), '- ! 12 - ! 12', 'N E F n e f'],
])('%s', holds) // biome-ignore format: a table reads better in rows

test.each<Row>([
  ['time in which nobody looked is none of `for`', { for: '2m' }, '12 ~3m 12 12', 'p p F'],
  ['time in which nobody looked is none of a recovery', lasting, '12 5 ~1h 5 5', 'F r r R'],
  ['time in which nobody looked is none without data', noData('alert'), '5 - ~1h - -', '. . . N'],
  ['time in which nobody looked is none of errors', noData('alert'), '5 ! ~1h ! !', '. . . E'],
])('%s', holds) // biome-ignore format: a table reads better in rows

test('what is over for want of data is over without a number', () => {
  const { letters, state } = play(noData('ok'), '12 - - -')
  expect(letters).toBe('F f f R')
  expect(state).toMatchObject({ value: null, compared: null })
})

const office = { schedule: { days: ['mon'], from: '12:02', to: '12:04' } }
const madrid = { zone: 'Europe/Madrid' }
const night = { schedule: { days: ['sat'], from: '22:00', to: '02:30' }, ...madrid }
test.each<Row>([
  ['outside of its hours nothing begins', office, '12 12 12 12 12', '. . F f f'],
  ['outside of its hours what is pending is dropped', { ...office, for: '3m' }, '12*5', '. . p p .'],
  ['outside of its hours what is pending is dropped without data too', { ...office, for: '3m' }, '5 5 12 12 -', '. . p p .'],
  ['outside of its hours what fires stays and recovers', office, '5 5 12 12 12 5 12', '. . F f f R .'],
  ['outside of its hours what recovers may resume', { ...office, ...lasting }, '5 5 12 5 12 5 5 5', '. . F r f r r R'],
  ['no data fires when the hours begin', { ...office, ...noData('alert', '0s') }, '- - - -', '. . N n'],
  ['hours are by the clocks of the venue', { ...office, ...madrid, at: '2026-06-01T10:01:00Z' }, '12 12 12', '. F f'],
  ['hours have a zone of their own', { schedule: { ...office.schedule, tz: 'Europe/Madrid' }, at: '2026-06-01T10:01:00Z' }, '12 12 12', '. F f'],
  ['grafana#73912: hours over midnight are of the day on which they begin', { ...night, at: '2026-06-06T19:59:00Z' }, '12 5 12 5 +4h 12 5 +24h 12', '. . F R F R .'],
  ['in the night that summer begins the hours end where the clocks say', { ...night, at: '2026-03-29T00:59:00Z' }, '12 5 12', 'F R .'],
  ['in the night that summer ends the hour that comes twice counts twice', { ...night, at: '2026-10-25T00:29:00Z' }, '12 5 12 +28m 5 12 5 +26m 12 5 12', 'F R . . F R F R .'],
])('%s', holds) // biome-ignore format: a table reads better in rows

test.each<Row>([
  ['grafana#50266: what began while it was muted is told at the end of that, if it still fires', {}, '5 (12) (12) 12 12 5', '. f f F f R'],
  ['alertmanager#3367: it is told at the first tick after, not when it would be told again', {}, '(12)*90 12 12', 'f*90 F f'],
  ['grafana#87007: that it is over passes through the mute', {}, '12 12 (5) 5', 'F f R .'],
  ['nobody is told that it is over who was not told that it was', {}, '(12) (5) 5', 'f . .'],
  ['what was told before the mute is not told again after it', {}, '12 (12) (12) 12', 'F f f f'],
  ['what recovers at the end of the mute is not told', lasting, '(12) (5) 5 5', 'f r r .'],
  ['what resumes after the mute is told then', lasting, '(12) (5) 5 12 5 5 5', 'f r r F r r R'],
  ['what is pending through the mute is told when it fires', wait, '(12) (12) 12', 'p p F'],
  ['what fires for no data is muted alike', noData('alert', '0s'), '(-) (-) - 5', 'n n N R'],
  ['it is told at the end of the mute without data too, as long as it fires', {}, '(12) -', 'f F'],
])('%s', holds) // biome-ignore format: a table reads better in rows

const age = { query: { metric: 'data_age_seconds', window: '1m' } }
test.each<Row>([
  ['on stale data nothing begins', {}, '[12] [12] 12', '. . F'],
  ['on stale data what is pending is dropped', wait, '12 12 [12] 12 12 12', 'p p . p p F'],
  ['on stale data what fires stays, whatever the numbers', {}, '12 [0] [-] [!] 5', 'F f f f R'],
  ['on stale data what recovers stays, and its clock starts anew', lasting, '12 5 [5] [5] 5 5', 'F r r r r R'],
  ['on stale data no time without data passes', noData('alert'), '- - [-] [-] - - -', '. . . . . . N'],
  ['what was muted is not told on stale data, but as soon as they are fresh', {}, '(12) [12] 12', 'f f F'],
  ['how old the data are is judged on stale data', age, '[5] [12] [12] 5', '. F f R'],
])('%s', holds) // biome-ignore format: a table reads better in rows

test.each<Row>([
  ['what was resolved by hand stays quiet while its condition holds', {}, '12 x 12 12 5 12', 'F d d . F'],
  ['what was resolved by hand stays quiet between the thresholds', hysteresis, '12 x 8 12 5 12', 'F d d . F'],
  ['what was resolved by hand ends without data that are ok', noData('ok'), '12 x - - - 12', 'F d d . F'],
  ['what was resolved by hand stays without data that are not', noData('alert', '0s'), '12 x - - 5', 'F d d .'],
  ['what was resolved by hand waits again', wait, '12*3 x 5 12 12 12', 'p p F . p p F'],
])('%s', holds) // biome-ignore format: a table reads better in rows

const byEvent = { query: { metric: 'orders', window: '5m', groupBy: ['event'] } }
test.each<Row>([
  ['a group of which nothing is given has no data', { ...byEvent, ...noData('ok', '1m') }, '12 ? ? 5', 'F f R .'],
  ['a group that was unseen for more than a day is forgotten', byEvent, '5 ? +23h ? +1h ?', '. . . _'],
  ['a group of which nothing was counted for more than a day is forgotten', byEvent, '5 0? +23h 0? +1h 0?', '. . . _'],
  ['it is remembered for twice the time that is asked of', { query: { ...byEvent.query, window: '7d' } }, '5 ? +13d ? +1d ?', '. . . _'],
  ['a group that fires is not forgotten', byEvent, '12 ? +2d ? ?', 'F f R _'],
  ['a group that is to fire for its absence is not forgotten', { ...byEvent, ...noData('alert', '7d') }, '5 ? +2d ? +5d ?', '. . . N'],
  ['a group is not forgotten for time in which nobody looked', byEvent, '5 ? ~2d ? +23h ? +1h ?', '. . . . _'],
  ['a group that errors hide is not forgotten', byEvent, '5 ! +2d !', '. . .'],
  ['a group resolved by hand is not forgotten while it is asked of', { ...byEvent, ...above('lt', 10) }, '5 x 0? +2d 0? +2d ?', 'F d d _'],
  ['a rule without groups forgets nothing', noData('keep_last'), '5 ? +7d ?', '. . .'],
])('%s', holds) // biome-ignore format: a table reads better in rows

test('sixty ticks above the threshold are one firing, sixty breaches and one message', () => {
  const { letters, state, answers } = play({ keepFiringFor: undefined }, '12*60')
  expect(letters).toBe(repeated('F f*59').join(' '))
  expect(state?.breaches).toBe(60)
  expect(answers.filter((answer) => answer?.isBreaching)).toHaveLength(60)
})

test('sixty ticks that flap are one alert and one recovery, out of the box', () => {
  const ticks = `${'12 5 '.repeat(30)}5*10`
  const { letters, answers } = play({ keepFiringFor: undefined }, ticks)
  expect(letters).toBe(`F r ${'f r '.repeat(29)}r r r r R . . . . .`)
  const told = answers.flatMap((answer) => answer?.tell ?? [])
  expect(told).toEqual(['firing', 'recovered'])
  const kinds = answers.flatMap((answer) => answer?.changes ?? []).map(({ kind }) => kind)
  expect(kinds.filter((kind) => kind === 'fired' || kind === 'resolved')).toEqual([
    'fired',
    'resolved',
  ])
})

test('breaches are those of the pending time too, and none of ticks that do not say so', () => {
  const counts = (rule: Record<string, unknown>, ticks: string) =>
    play(rule, ticks).answers.map((answer) => answer?.state.breaches)
  expect(counts(wait, '12 12 12 - 12 5 12')).toEqual([1, 2, 3, 3, 4, 0, 1])
  expect(counts(lasting, '12 5 12 5')).toEqual([1, 1, 2, 2])
  expect(counts(noData('alert', '1m'), '- - - ! !')).toEqual([0, 1, 2, 2, 3])
  expect(counts({}, '12 [12] 12 x 12 12')).toEqual([1, 1, 2, 2, 2])
  expect(counts(office, '12 12 12')).toEqual([0, 0, 1])
})

test('what happened is told step by step, also what happens within one tick', () => {
  const changes = (rule: Record<string, unknown>, ticks: string) =>
    play(rule, ticks).answers.map((answer) => answer?.changes.map(({ kind }) => kind).join(' '))
  expect(changes({}, '12 12 5')).toEqual(['pending fired', '', 'recovering resolved'])
  expect(changes({ ...wait, ...lasting }, '12 5 12 12 12 5 12 5 5 5')).toEqual([
    ...['pending', 'dropped', 'pending', '', 'fired'],
    ...['recovering', 'resumed', 'recovering', '', 'resolved'],
  ])
  expect(changes(hysteresis, '12 x 8 5 12')).toEqual(['pending fired', '', 'released', 'pending fired']) // biome-ignore format: one line
  expect(changes({ ...lasting, ...noData('alert', '0s') }, '12 - - 5 ! 12')).toEqual([
    ...[
      'pending fired',
      'cause_changed',
      '',
      'recovering',
      'resumed cause_changed',
      'cause_changed',
    ],
  ])
  const [, fired] = play(noData('alert', '1m'), '- -').answers
  expect(fired?.changes).toEqual([{ kind: 'pending' }, { kind: 'fired', cause: 'no_data' }])
})

test('the last number that was one is remembered with what it was compared with', () => {
  const seen = (ticks: string) => {
    const { state } = play(change('change_pct_gt', 20), ticks)
    return [state?.value, state?.compared]
  }
  expect(seen('-')).toEqual([null, null])
  expect(seen('12/10 - ! NaN/3')).toEqual([12, 10])
  expect(seen('12/10 14/-')).toEqual([14, null])
  const { state } = play({ condition: { op: 'absent' } }, '12 -')
  expect([state?.status, state?.value]).toEqual(['firing', null])
})

test('groups fire and recover each by itself, in whatever order they come', () => {
  const rule = ruleOf(byEvent)
  const point = (event: string, value: number): Point => ({
    ...{ labels: { event }, kind: 'value', isThere: true },
    value,
  })
  const moment = (minute: number) => ({
    ...{ now: minute * 60_000, unseenMs: 0, timeZone: 'UTC', isStale: false },
    isMuted: ({ event }: Record<string, string>) => event === 'quiet',
  })
  const first = evaluate(rule, [], ['b', 'quiet', 'a'].map((one) => point(one, 12)), moment(0)) // biome-ignore format: one line
  expect(first.map(({ state, tell }) => [state.labels.event, tell])).toEqual([
    ['a', 'firing'],
    ['b', 'firing'],
    ['quiet', null],
  ])
  const states: GroupState[] = first.map(({ state }) => state)
  const points = [point('b', 5), point('a', 12), point('new', 3)]
  const second = evaluate(rule, states, points, moment(1))
  const told = second.map(({ state, tell }) => `${state.labels.event} ${state.status} ${tell}`)
  expect(told).toEqual(['a firing null', 'b inactive recovered', 'new inactive null', 'quiet firing null']) // biome-ignore format: one line
  expect(evaluate(rule, states.toReversed(), points.toReversed(), moment(1))).toEqual(second)
})

test('labels are the same in whatever order their names stand', () => {
  const rule = ruleOf({ query: { ...byEvent.query, groupBy: ['event', 'channel'] } })
  const point = (labels: Record<string, string>): Point => ({
    ...{ labels, kind: 'value', value: 12, isThere: true },
  })
  const moment = { now: 0, unseenMs: 0, timeZone: 'UTC', isStale: false, isMuted: () => false }
  const [first] = evaluate(rule, [], [point({ event: 'a', channel: 'web' })], moment)
  const states = first ? [first.state] : []
  expect(evaluate(rule, states, [point({ channel: 'web', event: 'a' })], moment)).toHaveLength(1)
})
